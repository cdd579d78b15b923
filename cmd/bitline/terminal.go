package main

import (
	"io"
	"os"
	"sync"
	"time"

	"bitline/internal/pipeline"
	"bitline/workloads"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// terminal is where a command writes: results on out, everything else on err.
type terminal struct {
	out, err io.Writer
	getenv   func(string) string
}

// isTerminal says whether someone watches a stream.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// host is what a job needs of the world: where data sets are, and a progress bar
// where someone watches.
func (t terminal) host(dataDir string) pipeline.Host {
	host := pipeline.Host{Data: workloads.NewFinder(dataDir, t.getenv)}
	host.Data.Shelf = &workloads.Shelf{} // a command reads a set once
	if isTerminal(t.err) {
		p := &progress{out: t.err}
		host.Progress = p.show
	}
	return host
}

// progress shows one bar per kind of work.
type progress struct {
	out  io.Writer
	mu   sync.Mutex // replays report from several goroutines
	what string
	most int
	bar  *progressbar.ProgressBar
}

func (p *progress) show(what string, done, total int, note string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar == nil || p.what != what {
		if p.bar != nil {
			_ = p.bar.Exit() // a bar that cannot be drawn is no reason to stop
		}
		p.what, p.most = what, 0
		p.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(p.out),
			progressbar.OptionSetWidth(24),
			progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(),
		)
	}
	if done < p.most { // counts of several goroutines may arrive out of order
		return
	}
	p.most = done
	text := what
	if note != "" {
		text += ": " + note
	}
	p.bar.Describe(text)
	_ = p.bar.Set(done)
}
