#!/usr/bin/env python3
"""Plays an address with GStreamer's playbin3 into sinks that keep time, and says twice a second how far it is, one JSON object a line.

Usage: gstreamer.py ADDRESS. It ends when it is asked to.
"""
import json
import signal
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402


class Player:
    def __init__(self, address):
        self.frames, self.errors = 0, []
        self.play = Gst.ElementFactory.make("playbin3")
        if not self.play:
            sys.exit("there is no playbin3: make deps-players installs it")
        self.picture = sink("video")
        self.picture.connect("handoff", self.shown)
        self.play.set_property("video-sink", self.picture)
        self.play.set_property("audio-sink", sink("audio"))
        self.play.set_property("uri", address)
        bus = self.play.get_bus()
        bus.add_signal_watch()
        bus.connect("message", self.heard)
        self.play.set_state(Gst.State.PLAYING)
        GLib.timeout_add(500, self.tell)

    def shown(self, *_):
        self.frames += 1

    def heard(self, _, message):
        if message.type == Gst.MessageType.ERROR:
            self.errors.append("error: %s (%s)" % message.parse_error())
        elif message.type == Gst.MessageType.WARNING:
            self.errors.append("warning: %s (%s)" % message.parse_warning())
        elif message.type == Gst.MessageType.EOS:
            self.errors.append("it ended by itself")
        elif message.type == Gst.MessageType.BUFFERING:
            # What GStreamer asks of applications: wait while it fills, then go on.
            full = message.parse_buffering() == 100
            self.play.set_state(Gst.State.PLAYING if full else Gst.State.PAUSED)

    def tell(self):
        known, at = self.play.query_position(Gst.Format.TIME)
        stats = self.picture.get_property("stats")
        lost = stats.get_uint64("dropped")[1] if stats else 0
        here = at / Gst.SECOND if known and self.frames else None
        print(json.dumps({"atS": here, "frames": self.frames or None, "lost": lost, "errors": self.errors}), flush=True)
        return True


def sink(kind):
    made = Gst.ElementFactory.make("fakesink", kind)
    made.set_property("sync", True)
    made.set_property("qos", True)
    made.set_property("signal-handoffs", True)
    return made


if __name__ == "__main__":
    Gst.init(None)
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    player = Player(sys.argv[1])
    loop = GLib.MainLoop()
    for number in (signal.SIGTERM, signal.SIGINT):
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, loop.quit)
    loop.run()
    player.play.set_state(Gst.State.NULL)
