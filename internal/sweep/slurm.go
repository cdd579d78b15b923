package sweep

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Slurm is a sweep as a job array: every task computes one part of it.
type Slurm struct {
	Name  string // of the sweep
	Tasks int    // parts, 1 to 100,000
	// CPUs of a task, at least 1. Throttle is how many tasks run at the same time, 0
	// for as many as there is room for.
	CPUs, Throttle          int
	Partition, Time, Memory string // as sbatch takes them; "" for the cluster's own
	Log                     string // the folder for what tasks print
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
	var faults []error
	fault := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	fault(s.Tasks < 1 || s.Tasks > maxTasks, "tasks is %d, want 1 to %d", s.Tasks, maxTasks)
	fault(s.CPUs < 1, "cpus is %d, want at least 1", s.CPUs)
	fault(s.Throttle < 0, "throttle is %d, want at least 0", s.Throttle)
	for _, o := range []struct{ name, value string }{{"partition", s.Partition}, {"time", s.Time}, {"mem", s.Memory}} {
		fault(!word.MatchString(o.value), "%s is %q, want what sbatch takes: letters, digits and _ . , : + -", o.name, o.value)
	}
	fault(strings.ContainsAny(s.Log+strings.Join(s.Command, ""), "\n\r\x00"), "a path or argument holds a line break, want none")
	if err := errors.Join(faults...); err != nil {
		return "", err
	}
	array := fmt.Sprintf("0-%d", s.Tasks-1)
	if s.Throttle > 0 {
		array += fmt.Sprintf("%%%d", s.Throttle)
	}
	var b strings.Builder
	b.WriteString("#!/bin/sh\n")
	option := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "#SBATCH --%s=%s\n", name, value)
		}
	}
	option("job-name", "bitline-"+regexp.MustCompile(`[^A-Za-z0-9_.-]`).ReplaceAllString(s.Name, "-"))
	option("array", array)
	option("cpus-per-task", fmt.Sprint(s.CPUs))
	option("partition", s.Partition)
	option("time", s.Time)
	option("mem", s.Memory)
	option("output", `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%").Replace(s.Log)+`/%A_%a.log"`)
	b.WriteString("#SBATCH --open-mode=append\n#SBATCH --requeue\n")
	fmt.Fprintf(&b, "export GOMAXPROCS=%d\nexec", s.CPUs)
	for _, arg := range s.Command {
		b.WriteString(" " + shellQuote(arg))
	}
	fmt.Fprintf(&b, ` --shard "$SLURM_ARRAY_TASK_ID/%d"`+"\n", s.Tasks)
	return b.String(), nil
}

// Collector is the batch script of a job that collects.
func (s Slurm) Collector() (string, error) {
	one := s
	one.Tasks, one.Throttle, one.CPUs = 1, 0, 1
	script, err := one.Script()
	if err != nil {
		return "", err
	}
	script = strings.Replace(script, "#SBATCH --array=0-0\n", "", 1)
	script = strings.Replace(script, "/%A_%a.log", "/%j.log", 1)
	return strings.Replace(script, ` --shard "$SLURM_ARRAY_TASK_ID/1"`, " --collect", 1), nil
}

// shellQuote makes one word of a text for a POSIX shell.
func shellQuote(text string) string {
	if text != "" && regexp.MustCompile(`^[A-Za-z0-9_./=:,+-]*$`).MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
