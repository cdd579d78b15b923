package sweep

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"bitline/internal/pipeline"
)

// Slurm is a sweep as a job array: every task computes one part of it.
type Slurm struct {
	Name  string // of the sweep
	Tasks int    // parts, 1 to 100,000
	// CPUs of a task, at least 1. Throttle is how many tasks run at the same time, 0
	// for as many as there is room for.
	CPUs, Throttle          int
	Partition, Time, Memory string   // as sbatch takes them; "" for the cluster's own
	Log                     string   // the folder for what tasks print, no backslash in it
	Environment             []string // KEY=VALUE for the command
	// Command computes a part: the program and its arguments, without --shard.
	Command []string
}

// maxTasks bounds a job array; clusters have bounds of their own (MaxArraySize).
const maxTasks = 100_000

// word is what sbatch's options take: nothing that a shell or a line would end.
var word = regexp.MustCompile(`^[A-Za-z0-9_.,:+-]*$`)

// Script is the batch script of the job array. A task that is killed and queued anew
// goes on where it was.
func (s Slurm) Script() (string, error) {
	array := fmt.Sprintf("0-%d", s.Tasks-1)
	if s.Throttle > 0 {
		array += fmt.Sprintf("%%%d", s.Throttle)
	}
	return s.script(batch{array: array, log: "%A_%a.log", last: fmt.Sprintf(`--shard "$SLURM_ARRAY_TASK_ID/%d"`, s.Tasks)})
}

// Collector is the batch script of a job that collects.
func (s Slurm) Collector() (string, error) {
	s.CPUs = min(s.CPUs, 1)
	return s.script(batch{log: "%j.log", last: "--collect"})
}

// batch is what differs between the scripts.
type batch struct {
	array string // "" for none
	log   string // the pattern of its name
	last  string // of the arguments, as the shell has it
}

func (s Slurm) script(own batch) (string, error) {
	if err := s.check(); err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("#!/bin/sh\n")
	option := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "#SBATCH --%s=%s\n", name, value)
		}
	}
	option("job-name", "bitline-"+regexp.MustCompile(`[^A-Za-z0-9_.-]`).ReplaceAllString(s.Name, "-"))
	option("array", own.array)
	option("cpus-per-task", fmt.Sprint(s.CPUs))
	option("partition", s.Partition)
	option("time", s.Time)
	option("mem", s.Memory)
	option("output", `"`+strings.NewReplacer(`"`, `\"`, "%", "%%").Replace(s.Log)+"/"+own.log+`"`)
	b.WriteString("#SBATCH --open-mode=append\n#SBATCH --requeue\n")
	fmt.Fprintf(&b, "export GOMAXPROCS=%d\n", s.CPUs)
	for _, set := range s.Environment {
		key, value, _ := strings.Cut(set, "=")
		fmt.Fprintf(&b, "export %s=%s\n", key, pipeline.Quote(value))
	}
	b.WriteString("exec")
	for _, arg := range s.Command {
		b.WriteString(" " + pipeline.Quote(arg))
	}
	fmt.Fprintf(&b, " %s\n", own.last)
	return b.String(), nil
}

// check finds all that sbatch or a shell would not understand.
func (s Slurm) check() error {
	var faults []error
	fault := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	fault(s.Tasks < 1 || s.Tasks > maxTasks, "--tasks is %d, want 1 to %d", s.Tasks, maxTasks)
	fault(s.CPUs < 1, "--cpus is %d, want at least 1", s.CPUs)
	fault(s.Throttle < 0, "--throttle is %d, want at least 0", s.Throttle)
	for _, o := range []struct{ name, value string }{{"partition", s.Partition}, {"time", s.Time}, {"mem", s.Memory}} {
		fault(!word.MatchString(o.value), "--%s is %q, want what sbatch takes: letters, digits and _ . , : + -", o.name, o.value)
	}
	paths := strings.Join(slices.Concat(s.Environment, s.Command, []string{s.Log}), "")
	fault(strings.ContainsAny(paths, "\n\r\x00"), "a path or argument holds a line break, want none")
	fault(strings.Contains(s.Log, `\`), "folder %s has a backslash in its name, want none: sbatch takes it for an escape", s.Log)
	return errors.Join(faults...)
}
