package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by release builds: -ldflags "-X main.version=1.2.3".
var version = "dev"

// program is the command line.
type program struct {
	Serve     serveCommand     `cmd:"" help:"Run the server."`
	Channel   channelCommand   `cmd:"" help:"Add and list channels."`
	Recording recordingCommand `cmd:"" help:"List and delete recordings."`
	Upload    uploadCommand    `cmd:"" help:"Send a video file to a channel: it becomes a recording."`
	Demo      demoCommand      `cmd:"" help:"Run a server whose channel plays by itself, and print its link."`
	Watch     watchCommand     `cmd:"" help:"Watch a channel without a screen, and share it."`
	Sim       simCommand       `cmd:"" help:"Run the swarm in a made-up internet, and print what came of it."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
}

// begin is what who types nothing else is told.
const begin = `Live streaming that its viewers carry. To begin:

  shoal demo                             a server whose channel plays by itself, to look at
  shoal serve --data ./data              a server of your own, and in another terminal
  shoal channel add NAME --data ./data   a channel on it: prints what to enter in OBS

All commands: shoal --help. All settings: docs/operating.md.
`

// place says where a command's data and settings are.
type place struct {
	Data   string `name:"data" required:"" placeholder:"DIR" env:"SHOAL_DATA" help:"Data directory; made if it is not there."`
	Config string `name:"config" placeholder:"FILE" env:"SHOAL_CONFIG" help:"Settings. Default: shoal.toml in the data directory."`
}

func (p place) where() place { return p }

// settled is a command that takes settings.
type settled interface{ where() place }

// world is what commands see of the outside.
type world struct {
	out, err io.Writer
	reload   <-chan os.Signal // restarts the tracker
}

// The exit codes.
const (
	exitFine   = 0
	exitFailed = 1
	exitMisuse = 2 // the command line or the settings are wrong: nothing was started
)

func main() { os.Exit(run(os.Args[1:])) }

// run does what args say and returns the exit code.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	defer signal.Stop(reload)

	if len(args) == 0 {
		fmt.Fprint(os.Stderr, begin)
		return exitMisuse
	}
	if args[0] == "help" { // as other programs take it: shoal help channel set
		args = append(args[1:], "--help")
	}
	command, err := parse(args, os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintf(os.Stderr, "shoal: %v\n", err)
		return exitMisuse
	}
	if command == nil {
		return exitFine
	}
	err = command.Run(ctx, world{out: os.Stdout, err: os.Stderr, reload: reload})
	var misuse *misuseError
	switch {
	case err == nil:
		return exitFine
	case errors.As(err, &misuse):
		fmt.Fprintf(os.Stderr, "shoal: %v\n", err)
		return exitMisuse
	}
	fmt.Fprintf(os.Stderr, "shoal: %v\n", err)
	return exitFailed
}

// command is one of the commands of program.
type command interface {
	Run(ctx context.Context, w world) error
}

// parse reads the command line twice: once to learn where the settings are, once with them. It returns nil after --help.
func parse(args []string, out, errs io.Writer) (command, error) {
	first, err := look(args, out, errs)
	if err != nil || first == nil {
		return nil, err
	}
	takes, ok := first.(settled)
	if !ok {
		return first, nil
	}
	at := takes.where()
	if at == (place{}) { // a demo without a directory has no file either
		return first, nil
	}
	file, err := openSettings(at.Config, at.Data)
	if err != nil {
		return nil, err
	}
	return look(args, out, errs, kong.Resolvers(fromFile{file}))
}

func look(args []string, out, errs io.Writer, options ...kong.Option) (command, error) {
	helped := false
	parser, err := kong.New(&program{}, append(options,
		kong.Name("shoal"),
		kong.Description("Live streaming that its viewers carry. See docs/operating.md."),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Writers(out, errs),
		kong.Exit(func(int) { helped = true }),
	)...)
	if err != nil {
		return nil, err
	}
	parsed, err := parser.Parse(args)
	if helped {
		return nil, nil
	}
	if err != nil {
		return nil, plainly(err)
	}
	return parsed.Selected().Target.Addr().Interface().(command), nil
}

// misuseError is a wrong setting, found before anything was started.
type misuseError struct{ err error }

func (m *misuseError) Error() string { return m.err.Error() }
func (m *misuseError) Unwrap() error { return m.err }

// logger writes as the settings say.
func (s *Settings) logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: s.logLevel()}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

type versionCommand struct{}

// Run prints the version.
func (*versionCommand) Run(_ context.Context, w world) error {
	_, err := fmt.Fprintln(w.out, "shoal", version)
	return err
}
