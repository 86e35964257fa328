package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"shoal/server/channel"
	"shoal/server/ingest"
	"shoal/server/pack/subtitle"
	"shoal/server/record"
)

type recordingCaptions struct {
	Name            string `arg:"" help:"Name of the channel."`
	Number          uint64 `arg:"" help:"Number of the recording, as in the list."`
	File            string `arg:"" optional:"" help:"File of WebVTT, whose times count from the recording's beginning. One without texts takes the subtitles away."`
	Lang            string `placeholder:"en" help:"Language of the subtitles: en, pt-BR. With a file it must be said; without one the subtitles are printed."`
	channelSettings `embed:""`
}

// Run lists the languages of a recording's subtitles, or prints those of one, or puts a file beside the recording.
func (c *recordingCaptions) Run(ctx context.Context, w world) (err error) {
	language := ingest.Language(c.Lang)
	if language == "" && (c.Lang != "" || c.File != "") {
		return fmt.Errorf("--lang %q is no language: say en, de, pt-BR", c.Lang)
	}
	var cues []subtitle.Cue
	if c.File != "" {
		if cues, err = readCues(c.File); err != nil {
			return err
		}
	}
	registry, done, err := c.registry(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	found, err := registry.named(ctx, c.Name)
	if err != nil {
		return err
	}
	switch {
	case c.File != "":
		err = c.attach(w, found, language, cues)
	case language != "":
		err = c.print(w, found, language)
	default:
		err = c.list(w, found)
	}
	if errors.Is(err, record.ErrNotFound) {
		return fmt.Errorf("channel %s has no recording %d that is whole: `shoal recording list %[1]s` shows the recordings", found.Name, c.Number)
	}
	return err
}

// attach puts subtitles beside the recording. A running server offers them to the next viewer.
func (c *recordingCaptions) attach(w world, found channel.Channel, language string, cues []subtitle.Cue) error {
	if err := record.Attach(filepath.Join(c.Data, recordingsDir), found.ID, c.Number, language, cues); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w.out, "Recording %d of %s has %s in %s.\n", c.Number, found.Name, count(len(cues), "subtitle"), ingest.LanguageName(language))
	return err
}

func (c *recordingCaptions) attached(found channel.Channel) ([]record.Attached, error) {
	return record.AttachedTo(filepath.Join(c.Data, recordingsDir), found.ID, c.Number)
}

// print writes the subtitles in a language as they may be read again.
func (c *recordingCaptions) print(w world, found channel.Channel, language string) error {
	all, err := c.attached(found)
	if err != nil {
		return err
	}
	for _, a := range all {
		if a.Language == language {
			_, err := w.out.Write(subtitle.File(a.Cues))
			return err
		}
	}
	return fmt.Errorf("recording %d of %s has no subtitles in %s", c.Number, found.Name, ingest.LanguageName(language))
}

func (c *recordingCaptions) list(w world, found channel.Channel) error {
	all, err := c.attached(found)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		_, err := fmt.Fprintf(w.out, "Recording %d of %s has no subtitles.\n", c.Number, found.Name)
		return err
	}
	table := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
	for _, a := range all {
		first, last := a.Cues[0].Start, a.Cues[len(a.Cues)-1].End
		fmt.Fprintf(table, "%s\t%s\t%s\tfrom %v to %v\n", a.Language, ingest.LanguageName(a.Language), count(len(a.Cues), "text"),
			first.Round(time.Second/10), last.Round(time.Second/10))
	}
	return table.Flush()
}

// readCues reads a file of WebVTT that is not larger than a text may be.
func readCues(path string) (cues []subtitle.Cue, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &misuseError{fmt.Errorf("the subtitles cannot be read: %w: name a file of WebVTT", err)}
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	text, err := io.ReadAll(io.LimitReader(f, subtitle.FileMax+1))
	if err != nil {
		return nil, err
	}
	if cues, err = subtitle.Parse(text); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return cues, nil
}
