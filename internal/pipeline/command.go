package pipeline

import (
	"slices"
	"strings"

	"bitline/internal/config"
)

// Command is a command line that runs a job.
type Command struct {
	Job string // its name or file; "" for a network on a chip
	// Chip, Network and Checkpoint are the flags of these names; "" for none.
	Chip, Network, Checkpoint string
	Train                     bool
	Sets                      []string // overrides, each key=value
	Data                      string   // the folder of data sets; "" for the usual ones
	More                      []string // words that ask for more of the same result, such as --timeline
}

// String is the command as a POSIX shell takes it.
func (c Command) String() string {
	line := "bitline run"
	if c.Job != "" {
		line += " " + Quote(c.Job)
	}
	flag := func(name, value string) {
		if value != "" {
			line += " --" + name + " " + Quote(value)
		}
	}
	flag("chip", c.Chip)
	flag("network", c.Network)
	flag("checkpoint", c.Checkpoint)
	if c.Train {
		line += " --train"
	}
	for _, s := range c.Sets {
		flag("set", s)
	}
	flag("data", c.Data)
	for _, word := range c.More {
		line += " " + Quote(word)
	}
	return line
}

// with is the command with more overrides, which take the place of those of the same
// keys, and of the flag --chip.
func (c Command) with(sets ...string) Command {
	c.Sets = slices.Clone(c.Sets)
	for _, s := range sets {
		key, value, _ := config.CutSet(s)
		if key == "chip" && c.Chip != "" {
			c.Chip = value
			continue
		}
		c.Sets = slices.DeleteFunc(c.Sets, func(old string) bool {
			k, _, _ := config.CutSet(old)
			return k == key
		})
		c.Sets = append(c.Sets, s)
	}
	return c
}

// Quote makes one word of a text for a POSIX shell.
func Quote(text string) string {
	plain := func(r rune) bool {
		return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("_./=:,+-", r)
	}
	if text != "" && !strings.ContainsFunc(text, func(r rune) bool { return !plain(r) }) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
