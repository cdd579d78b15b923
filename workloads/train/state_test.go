package train

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
		{"settings missing", replace(`{"Key":"seed","Value":"1"},`, strings.Repeat(" ", 27)), "seed is not there, want 1"},
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
