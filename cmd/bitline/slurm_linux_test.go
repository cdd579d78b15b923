package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// slurmConf is a cluster of this computer alone, on which eight tasks run at a time,
// however many processors it has.
const slurmConf = `ClusterName=bitline
SlurmctldHost=localhost
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=DIR/munge.socket
CredType=cred/munge
StateSaveLocation=DIR/state
SlurmdSpoolDir=DIR/spool
SlurmctldPidFile=DIR/slurmctld.pid
SlurmdPidFile=DIR/slurmd.pid
SlurmctldPort=CONTROLPORT
SlurmdPort=NODEPORT
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=1
NodeName=localhost CPUs=8 RealMemory=1000
PartitionName=main Nodes=localhost Default=YES State=UP
`

// startSlurm starts a cluster in a folder of its own, which ends with the test,
// however that ends, and makes it that of the test's commands.
func startSlurm(t *testing.T) {
	t.Helper()
	for _, name := range []string{"munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel", "sinfo"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("NOT RUN: %s is not installed (Debian's slurm-wlm has it)", name)
		}
	}
	if os.Geteuid() != 0 {
		t.Skip("NOT RUN: only the superuser starts slurmd")
	}
	if testing.Short() {
		t.Skip("NOT RUN: short tests start no cluster")
	}
	dir, err := os.MkdirTemp("", "slurm") // t.TempDir hides its socket from others, which munged refuses
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, sub := range []string{"state", "spool"} {
		makeFolder(t, filepath.Join(dir, sub))
	}
	key := make([]byte, 128)
	if _, err := rand.Read(key); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "munge.key"), key, 0o400); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(dir, "slurm.conf")
	writeFile(t, conf, []byte(strings.NewReplacer("DIR", dir, "CONTROLPORT", freePort(t), "NODEPORT", freePort(t)).Replace(slurmConf)))
	t.Setenv("SLURM_CONF", conf)

	runtime.LockOSThread() // the thread with which daemons die
	in := func(name string) string { return filepath.Join(dir, name) }
	daemon(t, in("munged.log"), "munged", "--foreground", "--key-file="+in("munge.key"), "--socket="+in("munge.socket"), "--pid-file="+in("munged.pid"), "--seed-file="+in("munged.seed"), "--log-file="+in("munged.own.log"))
	until(t, "munged's socket", func() bool { _, err := os.Stat(in("munge.socket")); return err == nil })
	daemon(t, in("slurmctld.log"), "slurmctld", "-D", "-i", "-c")
	daemon(t, in("slurmd.log"), "slurmd", "-D", "-N", "localhost")
	t.Cleanup(func() { // before the daemons end
		_ = exec.Command("scancel", "--user=root").Run()
		for begun := time.Now(); len(queue(t)) > 0 && time.Since(begun) < 5*time.Second; {
			time.Sleep(100 * time.Millisecond)
		}
	})
	until(t, "an idle node", func() bool {
		out, _ := exec.Command("sinfo", "--noheader", "--format=%T").Output()
		return strings.TrimSpace(string(out)) == "idle"
	})
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

// daemon runs a program until the test ends, or its process is killed, and shows what
// it printed if the test failed.
func daemon(t *testing.T, log string, name string, args ...string) {
	t.Helper()
	file, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(name, args...)
	c.Stdout, c.Stderr = file, file
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		killer := time.AfterFunc(5*time.Second, func() { _ = c.Process.Kill() })
		_ = c.Wait()
		killer.Stop()
		_ = file.Close()
		if t.Failed() {
			t.Logf("%s printed\n%s", name, readFile(t, log))
		}
	})
}

// until waits until something is the case.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for begun := time.Now(); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Since(begun) > 30*time.Second {
			t.Fatalf("waited 30 s for %s; the queue is %q", what, queue(t))
		}
	}
}

// queue lists the jobs and tasks that have not ended, with their states.
func queue(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("squeue", "--noheader", "--array", "--format=%i %T %r").Output()
	if err != nil {
		t.Logf("squeue: %v", err)
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' })
}

// lines counts a file's; none has none.
func lines(path string) int {
	content, _ := os.ReadFile(path)
	return bytes.Count(content, []byte("\n"))
}

// TestSlurm: a sweep as a job array of a real Slurm, one of whose tasks is killed
// half-way and queued anew, comes to the bytes of one that runs here. What Slurm
// refuses is told in its words.
func TestSlurm(t *testing.T) {
	startSlurm(t)
	t.Chdir(t.TempDir())
	refused := bitline(t, "sweep", "adc-sharing", "--slurm", "--partition", "none")
	if refused.code != 1 || refused.out != "" || !strings.Contains(refused.err, "adc-sharing/slurm/array.sh: ") || !strings.Contains(refused.err, "nvalid partition specified: none") {
		t.Errorf("%+v, want Slurm's words about the partition", refused)
	}
	makeFolder(t, "jobs")
	writeFile(t, "jobs/job.toml", []byte("base = 'quickstart'\nname = 'digits'\nchip = 'chip.toml'\n[replay]\nimages = 50\n"))
	writeFile(t, "jobs/chip.toml", []byte("base = 'bitslice-8bit'\n"))
	writeFile(t, "sweep.toml", []byte(`
job    = "jobs/job.toml"
set    = ["train.pretrain.epochs=12", "train.finetune.epochs=0", "data.calibration=50"]
seeds  = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25]
pareto = [["accuracy", "energy_pj"]]

[[axis]]
key    = "adc.bits"
values = [3, 4, [3, 3, 3, 1], "auto"]

[[axis]]
key    = "crossbar.cell_bits" # of 3 bits no list of four resolutions
values = [2, 3]
`))
	succeed(t, "sweep", "sweep.toml", "--out", "here")

	t.Setenv(asCommand, "1") // of what sbatch takes along
	const out = "it's 100% over there"
	text := succeed(t, "sweep", "sweep.toml", "--out", out, "--slurm", "--tasks", "8", "--cpus", "1", "--time", "10", "--partition", "main")
	var array, collector int
	if _, err := fmt.Sscanf(text, "job array %d of 8 tasks, then job %d collects;", &array, &collector); err != nil {
		t.Fatalf("it prints %q: %v", text, err)
	}
	task := fmt.Sprintf("%d_3", array)
	records := filepath.Join(out, "records", "shard-3-of-8.jsonl")
	until(t, "some records of task 3", func() bool { return lines(records) >= 5 })
	if text, err := exec.Command("scancel", "--signal=KILL", "--batch", task).CombinedOutput(); err != nil {
		t.Fatalf("scancel: %v\n%s", err, text)
	}
	until(t, "task 3 to be dead", func() bool { return !strings.Contains(strings.Join(queue(t), "\n"), task+" ") })
	if n := lines(records); n < 5 || n >= 25 {
		t.Fatalf("the killed task left %d records, want some of 25", n)
	}
	time.Sleep(2 * time.Second) // slurmd takes credentials of the second of the kill for the dead task's
	until(t, "task 3 to be queued anew", func() bool { return exec.Command("scontrol", "requeue", task).Run() == nil })
	until(t, "task 3 to run, not after Slurm's two minutes", func() bool {
		_ = exec.Command("scontrol", "update", "jobid="+task, "starttime=now").Run()
		return !strings.Contains(strings.Join(queue(t), "\n"), task+" PENDING")
	})
	until(t, "an empty queue", func() bool { return len(queue(t)) == 0 })

	for _, name := range []string{"results.csv", "results.parquet"} {
		if got, want := readFile(t, filepath.Join(out, name)), readFile(t, filepath.Join("here", name)); !bytes.Equal(got, want) {
			t.Errorf("%s of Slurm's tasks has %d bytes and differs from the %d of a run here", name, len(got), len(want))
		}
	}
	if n := lines(filepath.Join("here", "results.csv")); n != 201 {
		t.Errorf("%d lines of results, want a head and 200", n)
	}
	logs, err := filepath.Glob(filepath.Join(out, "slurm", "*.log"))
	if err != nil || len(logs) != 9 {
		t.Errorf("logs are %v (%v), want one of each task and of the collector", logs, err)
	}
	if log := string(readFile(t, filepath.Join(out, "slurm", task+".log"))); !strings.Contains(log, "part 3/8 of sweep is done") && !strings.Contains(log, "sweep: 200 points") {
		t.Errorf("task 3 says\n%s\nwant that its part is done", log)
	}
}
