package sweep

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func array() Slurm {
	return Slurm{Name: "adc sharing", Tasks: 8, CPUs: 2, Log: "/scratch/out/slurm", Command: []string{"/bin/bitline", "sweep", "adc-sharing", "--out", "/scratch/out"}}
}

// The scripts as they stand.
func TestSlurmScripts(t *testing.T) {
	full := array()
	full.Name, full.Throttle, full.Partition, full.Time, full.Memory = "adc-sharing", 3, "gpu,long", "1-12:00:00", "4G"
	full.Environment = []string{"BITLINE_DATA=/my data=sets"}
	for _, c := range []struct {
		name         string
		slurm        Slurm
		array, other string
	}{
		{"the least", array(), `#!/bin/sh
#SBATCH --job-name=bitline-adc-sharing
#SBATCH --array=0-7
#SBATCH --cpus-per-task=2
#SBATCH --output="/scratch/out/slurm/%A_%a.log"
#SBATCH --open-mode=append
#SBATCH --requeue
export GOMAXPROCS=2
exec /bin/bitline sweep adc-sharing --out /scratch/out --shard "$SLURM_ARRAY_TASK_ID/8"
`, `#!/bin/sh
#SBATCH --job-name=bitline-adc-sharing
#SBATCH --cpus-per-task=1
#SBATCH --output="/scratch/out/slurm/%j.log"
#SBATCH --open-mode=append
#SBATCH --requeue
export GOMAXPROCS=1
exec /bin/bitline sweep adc-sharing --out /scratch/out --collect
`},
		{"everything", full, `#!/bin/sh
#SBATCH --job-name=bitline-adc-sharing
#SBATCH --array=0-7%3
#SBATCH --cpus-per-task=2
#SBATCH --partition=gpu,long
#SBATCH --time=1-12:00:00
#SBATCH --mem=4G
#SBATCH --output="/scratch/out/slurm/%A_%a.log"
#SBATCH --open-mode=append
#SBATCH --requeue
export GOMAXPROCS=2
export BITLINE_DATA='/my data=sets'
exec /bin/bitline sweep adc-sharing --out /scratch/out --shard "$SLURM_ARRAY_TASK_ID/8"
`, `#!/bin/sh
#SBATCH --job-name=bitline-adc-sharing
#SBATCH --cpus-per-task=1
#SBATCH --partition=gpu,long
#SBATCH --time=1-12:00:00
#SBATCH --mem=4G
#SBATCH --output="/scratch/out/slurm/%j.log"
#SBATCH --open-mode=append
#SBATCH --requeue
export GOMAXPROCS=1
export BITLINE_DATA='/my data=sets'
exec /bin/bitline sweep adc-sharing --out /scratch/out --collect
`},
	} {
		got, err := c.slurm.Script()
		if err != nil || got != c.array {
			t.Errorf("%s: the array's script is (%v)\n%s\nwant\n%s", c.name, err, got, c.array)
		}
		if got, err = c.slurm.Collector(); err != nil || got != c.other {
			t.Errorf("%s: the collector's script is (%v)\n%s\nwant\n%s", c.name, err, got, c.other)
		}
	}
}

// Odd names reach the command as they are, and the log where sbatch looks for it:
// there a percent sign is doubled, and a quotation mark behind a backslash.
func TestSlurmOddPaths(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("NOT RUN: no sh")
	}
	for _, c := range []struct{ folder, log string }{
		{"plain", "plain"}, {"with space", "with space"}, {"it's", "it's"}, {`say "so"`, `say \"so\"`}, {"100%j", "100%%j"}, {"a#b", "a#b"},
		{"$HOME `id` $(id)", "$HOME `id` $(id)"}, {"a;b&c|d>e", "a;b&c|d>e"}, {"äöü*?[x]", "äöü*?[x]"}, {"-o", "-o"}, {"~", "~"}, {"!x", "!x"},
	} {
		dir := filepath.Join(t.TempDir(), c.folder)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		program := filepath.Join(dir, "says")
		if err := os.WriteFile(program, []byte("#!/bin/sh\nprintf '%s\\n' \"$GOMAXPROCS\" \"$BITLINE_DATA\" \"$@\"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		s := Slurm{Name: c.folder, Tasks: 4, CPUs: 3, Log: "/" + c.folder, Environment: []string{"BITLINE_DATA=" + dir}, Command: []string{program, dir, "", c.folder}}
		script, err := s.Script()
		if err != nil {
			t.Fatal(err)
		}
		if want := "#SBATCH --output=\"/" + c.log + "/%A_%a.log\"\n"; !strings.Contains(script, want) {
			t.Errorf("the script is\n%s\nwant a line %s", script, want)
		}
		run := exec.Command(sh, "-c", script)
		run.Env = []string{"SLURM_ARRAY_TASK_ID=3", "HOME=/nowhere"}
		out, err := run.CombinedOutput()
		if want := strings.Join([]string{"3", dir, dir, "", c.folder, "--shard", "3/4", ""}, "\n"); err != nil || string(out) != want {
			t.Errorf("%s: the command gets (%v)\n%s\nwant\n%s", c.folder, err, out, want)
		}
	}
}

func TestSlurmFaults(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Slurm)
		want   string
	}{
		{"no tasks", func(s *Slurm) { s.Tasks = 0 }, "--tasks is 0, want 1 to 100000"},
		{"the most tasks", func(s *Slurm) { s.Tasks = 100_000 }, ""},
		{"too many tasks", func(s *Slurm) { s.Tasks = 100_001 }, "--tasks is 100001, want 1 to 100000"},
		{"no processor", func(s *Slurm) { s.CPUs = 0 }, "--cpus is 0, want at least 1"},
		{"a negative throttle", func(s *Slurm) { s.Throttle = -1 }, "--throttle is -1, want at least 0"},
		{"a partition of two words", func(s *Slurm) { s.Partition = "a b" }, `--partition is "a b", want what sbatch takes: letters, digits and _ . , : + -`},
		{"a partition with a line", func(s *Slurm) { s.Partition = "a\n#SBATCH --uid=0" }, `--partition is "a\n#SBATCH --uid=0", want what sbatch takes: letters, digits and _ . , : + -`},
		{"a partition that ends in one", func(s *Slurm) { s.Partition = "a\n" }, `--partition is "a\n", want what sbatch takes: letters, digits and _ . , : + -`},
		{"a time of words", func(s *Slurm) { s.Time = "1 hour" }, `--time is "1 hour", want what sbatch takes: letters, digits and _ . , : + -`},
		{"memory of a command", func(s *Slurm) { s.Memory = "$(id)" }, `--mem is "$(id)", want what sbatch takes: letters, digits and _ . , : + -`},
		{"a line break in the command", func(s *Slurm) { s.Command = []string{"a\nb"} }, "a path or argument holds a line break, want none"},
		{"a line break in the folder", func(s *Slurm) { s.Log = "/a\rb" }, "a path or argument holds a line break, want none"},
		{"a line break in the environment", func(s *Slurm) { s.Environment = []string{"A=b\n"} }, "a path or argument holds a line break, want none"},
		{"a backslash in the folder", func(s *Slurm) { s.Log = `/a\b` }, `folder /a\b has a backslash in its name, want none: sbatch takes it for an escape`},
		{"all at once", func(s *Slurm) { s.Tasks, s.CPUs, s.Time = -1, -1, "*" }, "--tasks is -1, want 1 to 100000\n--cpus is -1, want at least 1\n--time is \"*\", want what sbatch takes: letters, digits and _ . , : + -"},
	} {
		s := array()
		c.change(&s)
		_, err := s.Script()
		_, collecting := s.Collector()
		for what, err := range map[string]error{"array": err, "collector": collecting} {
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("%s, %s: error %q, want %q", c.name, what, got, c.want)
			}
		}
	}
}
