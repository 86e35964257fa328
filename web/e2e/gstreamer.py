#!/usr/bin/env python3
"""Publishes a test picture and tone over WHIP with GStreamer's webrtcbin, which whipsink is made of, until it is asked to end.

Usage: gstreamer.py ENDPOINT KEY. Debian has webrtcbin, but whipsink itself only in later releases.
"""
import os
import signal
import sys
import urllib.parse
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

# Parameter sets are told in the offer alone: that is rtph264pay's default.
PIPELINE = """
webrtcbin name=peer bundle-policy=max-bundle
videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=180,framerate=25/1 ! videoconvert ! queue
  ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=50 threads=1
  ! rtph264pay pt=96 ! application/x-rtp,media=video,encoding-name=H264,payload=96 ! peer.
audiotestsrc is-live=true ! audioconvert ! audioresample ! queue ! opusenc
  ! rtpopuspay pt=97 ! application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! peer.
"""


class Publisher:
    def __init__(self, endpoint, key):
        self.endpoint, self.key, self.session, self.ending = endpoint, key, None, False
        self.pipeline = Gst.parse_launch(PIPELINE)
        self.peer = self.pipeline.get_by_name("peer")
        self.kept = []  # what GStreamer still uses when Python is done with it
        self.peer.connect("on-negotiation-needed", self.offer)
        self.peer.connect("notify::ice-gathering-state", self.gathered)
        self.peer.connect("notify::connection-state", self.changed)

    def ask(self, method, address, body=None):
        headers = {"Authorization": "Bearer " + self.key, "Content-Type": "application/sdp"}
        return urllib.request.urlopen(urllib.request.Request(address, data=body, method=method, headers=headers), timeout=10)

    def describe(self, kind, text):
        _, sdp = GstSdp.SDPMessage.new_from_text(text)
        self.kept.append(GstWebRTC.WebRTCSessionDescription.new(kind, sdp))
        return self.kept[-1]

    def offer(self, _peer):
        self.peer.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offered))

    def offered(self, promise):
        reply = promise.get_reply()
        offer = reply.get_value("offer")
        self.kept += [promise, reply, offer]
        self.peer.emit("set-local-description", self.describe(GstWebRTC.WebRTCSDPType.OFFER, offer.sdp.as_text()), Gst.Promise.new())

    def gathered(self, *_):
        if self.session or self.peer.get_property("ice-gathering-state") != GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            return
        offer = self.peer.get_property("local-description").sdp.as_text()
        try:
            with self.ask("POST", self.endpoint, offer.encode()) as answer:
                self.session = urllib.parse.urljoin(self.endpoint, answer.headers["Location"])
                text = answer.read().decode()
        except OSError as error:
            self.give_up(f"refused: {error}")
        self.peer.emit("set-remote-description", self.describe(GstWebRTC.WebRTCSDPType.ANSWER, text), None)

    def changed(self, *_):
        state = self.peer.get_property("connection-state").value_nick
        print(state, flush=True)
        if state in ("failed", "closed") and not self.ending:
            self.give_up(state)

    def give_up(self, why):
        print(why, file=sys.stderr, flush=True)
        os._exit(1)  # this is a thread of GStreamer's

    def run(self):
        loop = GLib.MainLoop()
        for asked in (signal.SIGTERM, signal.SIGINT):
            GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, asked, loop.quit)
        self.pipeline.set_state(Gst.State.PLAYING)
        loop.run()
        self.ending = True
        print("ended with", self.ask("DELETE", self.session).status, flush=True)
        self.pipeline.set_state(Gst.State.NULL)


Gst.init(None)
Publisher(sys.argv[1], sys.argv[2]).run()
