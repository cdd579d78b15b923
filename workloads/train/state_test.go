package train

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"bitline/internal/gemm"
	"bitline/workloads"
)

func TestResumeRefusesAnotherTraining(t *testing.T) {
	data := digits(t)
	net := chain(data.Train.Shape, 4, 10)
	path := filepath.Join(t.TempDir(), "state")
	if err := newTestTrainer(t, quick(), net, data).Save(path); err != nil {
		t.Fatal(err)
	}
	cfg := quick()
	cfg.LearningRate, cfg.Finetune.Method = 0.1, L1
	wider := chain(data.Train.Shape, 5, 10)
	otherData := *data
	otherData.Hash = "0123"
	tests := []struct {
		name  string
		err   func() error
		wants []string
	}{
		{"configuration", func() error { _, err := Resume(path, cfg, net, data, false); return err },
			[]string{path, "learning_rate is 0.05, want 0.1", "finetune.method is bitslice-l1, want l1"}},
		{"network", func() error { _, err := Resume(path, quick(), wider, data, false); return err },
			[]string{`network is 8×8×1 → linear "fc1" 4 relu → linear "fc2" 10, want 8×8×1 → linear "fc1" 5 relu`}},
		{"data", func() error { _, err := Resume(path, quick(), net, &otherData, false); return err },
			[]string{"data set is digits", "want digits", "SHA-256 0123"}},
		{"no file", func() error { _, err := Resume(path+"x", quick(), net, data, false); return err },
			[]string{"reading train state", "no such file"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.err()
			for _, want := range tt.wants {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error is %v, want one that contains %q", err, want)
				}
			}
		})
	}
	workers := quick()
	workers.Workers = 2
	if _, err := Resume(path, workers, net, data, false); err != nil {
		t.Errorf("another number of workers: %v, want no error", err)
	}
}

func TestResumeKernelClass(t *testing.T) {
	data := digits(t)
	trainer := newTestTrainer(t, quick(), chain(data.Train.Shape, 4, 10), data)
	h, _, err := openState(state(t, trainer))
	if err != nil {
		t.Fatal(err)
	}
	h.KernelClass = "abacus"
	if err := trainer.accept(h, false); err == nil || !strings.Contains(err.Error(), "kernel class is abacus") {
		t.Errorf("another kernel class: error %v, want one that names it", err)
	}
	if err := trainer.accept(h, true); err != nil {
		t.Errorf("another kernel class, allowed: %v, want no error", err)
	}
	trainer.kernels = "abacus"
	path := filepath.Join(t.TempDir(), "other.state")
	want := "abacus, then " + string(gemm.KernelClass())
	for range 2 { // what was begun under another class says so from then on, and once
		if err := trainer.Save(path); err != nil {
			t.Fatal(err)
		}
		if trainer, err = Resume(path, quick(), trainer.net, data, trainer.kernels == "abacus"); err != nil {
			t.Fatal(err)
		}
		if m, err := trainer.Model(); err != nil || m.Origin.KernelClass != want {
			t.Fatalf("its kernels are %v (%v), want %s", m.Origin.KernelClass, err, want)
		}
	}
}

// seal puts the checksum at the end of a changed state.
func seal(data []byte) []byte {
	body := data[:len(data)-sha256.Size]
	sum := sha256.Sum256(body)
	return append(append([]byte(nil), body...), sum[:]...)
}

func TestResumeDamaged(t *testing.T) {
	data := digits(t)
	net := chain(data.Train.Shape, 4, 10)
	trainer := newTestTrainer(t, quick(), net, data)
	runSteps(t, trainer, 39)
	good := state(t, trainer)
	change := func(f func(d []byte) []byte) []byte { return f(append([]byte(nil), good...)) }
	flip := func(at int) []byte {
		return change(func(d []byte) []byte { d[at] ^= 4; return d })
	}
	replace := func(old, with string) []byte {
		return seal([]byte(strings.Replace(string(good), old, with, 1)))
	}
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "cut short"},
		{"another file", []byte(strings.Repeat("PNG ", 30)), "no train state"},
		{"another version", flip(7), "no train state"},
		{"cut in half", good[:len(good)/2], "checksum"},
		{"last byte missing", good[:len(good)-1], "checksum"},
		{"header changed", flip(40), "checksum"},
		{"weight changed", flip(len(good) - 500), "checksum"},
		{"checksum changed", flip(len(good) - 1), "checksum"},
		{"header too long", seal(change(func(d []byte) []byte { d[11] = 0x7f; return d })), "header has"},
		{"header not JSON", seal(change(func(d []byte) []byte { d[12] = '['; return d })), "header: "},
		{"position outside", replace(`"Epoch":0,"Step":1}`, `"Epoch":2,"Step":1}`), "lies outside"},
		{"phase outside", replace(`"Phase":1,`, `"Phase":3,`), "lies outside"},
		{"settings missing", replace(`{"Key":"seed","Value":"1"},`, strings.Repeat(" ", 27)), "seed is missing, want 1"},
		{"setting unknown", replace(`"Key":"seed"`, `"Key":"sead"`), "sead is 1, want no such setting"},
		{"parameter missing", replace(`"Masked":[true,`, `"Masked":[     `), "has 3 tensors of parameters, want 4"},
		{"mask missing", replace(`"Masked":[true,`, `"Masked":[null,`), "after the last tensor"},
		{"mask added", replace(`"Masked":[true,false`, `"Masked":[true, true`), "bytes are left"},
		{"bytes added", seal(append(append([]byte(nil), good...), 0)), "after the last tensor"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state")
			if err := os.WriteFile(path, tt.data, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Resume(path, quick(), net, data, false)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "reading train state "+path) {
				t.Errorf("error is %v, want one that names the file and contains %q", err, tt.want)
			}
		})
	}
}

func TestSaveNowhere(t *testing.T) {
	data := digits(t)
	trainer := newTestTrainer(t, quick(), chain(data.Train.Shape, 4, 10), data)
	path := filepath.Join(t.TempDir(), "missing", "state")
	if err := trainer.Save(path); err == nil || !strings.HasPrefix(err.Error(), "writing "+path) {
		t.Errorf("error is %v, want one that names the file", err)
	}
}

// States from before labels could be smoothed do not say so: they are those of
// trainings that do not smooth.
func TestResumeOfStatesThatLackASetting(t *testing.T) {
	data := digits(t)
	net := chain(data.Train.Shape, 4, 10)
	plain, smooth := quick(), quick()
	smooth.LabelSmoothing = 0.1
	said := append(smooth.upToPruning(), smooth.fromPruning()...)
	if indexOf(said, "label_smoothing") < 0 || indexOf(append(plain.upToPruning(), plain.fromPruning()...), "label_smoothing") >= 0 {
		t.Fatal("a state has label_smoothing where it is 0, want it where it is not")
	}
	for _, tt := range []struct {
		name         string
		saved, wants Config
		want         string // "" for no error
	}{
		{"neither smooths", plain, plain, ""},
		{"both smooth", smooth, smooth, ""},
		{"the saved one smooths", smooth, plain, "label_smoothing is 0.1, want 0"},
		{"the resumed one smooths", plain, smooth, "label_smoothing is 0, want 0.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			trainer := newTestTrainer(t, tt.saved, net, data)
			runSteps(t, trainer, 39) // one of fine-tuning
			path := filepath.Join(t.TempDir(), "state")
			if err := trainer.Save(path); err != nil {
				t.Fatal(err)
			}
			_, resumed := Resume(path, tt.wants, net, data, false)
			_, forked := Fork(path, tt.wants, net, data, false)
			for how, err := range map[string]error{"resuming": resumed, "forking": forked} {
				if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.HasSuffix(err.Error(), ": "+tt.want)) {
					t.Errorf("%s: error %v, want one that ends in %q", how, err, tt.want)
				}
			}
		})
	}
}

func TestSharesPretraining(t *testing.T) {
	changed := func(change func(*Config)) Config {
		cfg := quick()
		change(&cfg)
		return cfg
	}
	smooth := func(c *Config) { c.LabelSmoothing = 0.1 }
	tests := []struct {
		name string
		a, b Config
		want bool
	}{
		{"equal", quick(), quick(), true},
		{"fine-tuning", quick(), changed(func(c *Config) { c.Finetune.Strength, c.PruneThreshold, c.WeightScale = 3, 0.1, Frozen }), true},
		{"seed", quick(), changed(func(c *Config) { c.Seed = 2 }), false},
		{"no pre-training", changed(func(c *Config) { c.Pretrain.Epochs = 0 }), changed(func(c *Config) { c.Pretrain.Epochs = 0 }), false},
		{"labels smoothed by one", quick(), changed(smooth), false},
		{"labels smoothed by both", changed(smooth), changed(func(c *Config) { smooth(c); c.Finetune.Epochs = 1 }), true},
		{"labels smoothed by more", changed(smooth), changed(func(c *Config) { c.LabelSmoothing = 0.2 }), false},
	}
	for _, tt := range tests {
		if got, other := tt.a.SharesPretraining(tt.b), tt.b.SharesPretraining(tt.a); got != tt.want || other != tt.want {
			t.Errorf("%s: shared is %v, the other way round %v, want %v", tt.name, got, other, tt.want)
		}
	}
}

// Whatever a state holds below a checksum that fits, it is a training's or refused,
// and reading it takes memory in proportion to its bytes: an empty setting of 3 bytes
// has 32 in memory, which a list that grows takes five times and more.
func FuzzState(f *testing.F) {
	data, err := workloads.Load(workloads.Finder{}, "digits")
	if err != nil {
		f.Fatal(err)
	}
	trainer, err := New(quick(), chain(data.Train.Shape, 2, 10), data)
	if err != nil {
		f.Fatal(err)
	}
	good, err := trainer.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good[:len(good)-sha256.Size])
	f.Add(good[:statePrefix])
	f.Add(withHeader(`{"Identity":[{}` + strings.Repeat(",{}", 1<<16) + `]}`))
	f.Add(withHeader(`{"Masked":[true` + strings.Repeat(",true", 1<<16) + `]}`))
	f.Add(binary.LittleEndian.AppendUint32([]byte(stateMagic), math.MaxUint32))
	f.Fuzz(func(t *testing.T, b []byte) {
		sum := sha256.Sum256(b)
		b = append(b, sum[:]...)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := trainer.decode(b, true)
		runtime.ReadMemStats(&after)
		if got, want := after.TotalAlloc-before.TotalAlloc, uint64(128*len(b)+1<<20); got > want {
			t.Errorf("reading %d bytes takes %d bytes of memory (%.100v), want at most %d", len(b), got, err, want)
		}
	})
}

// withHeader is a state, but for its checksum, with a header and no tensors.
func withHeader(header string) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(stateMagic), uint32(len(header)))
	return append(b, header...)
}
