package reproduce

import (
	"os"
	"strings"
	"testing"

	"bitline/internal/filelock"
	"bitline/internal/pipeline"
)

// Two processes do not train one model: the second is told, and has written nothing.
func TestTrainHeldModel(t *testing.T) {
	s, err := loadCurves(t, smallCurves)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	lock, err := filelock.Take(s.file(folder, s.Variants[0])+".lock", "this model")
	if err != nil {
		t.Fatal(err)
	}
	trained := func(string, int, int, string) { t.Error("it trains a model that another process has") }
	if err := s.Train(t.Context(), pipeline.Host{Progress: trained}, folder); err == nil || !strings.Contains(err.Error(), "is at work on this model (") {
		t.Errorf("error %v, want one that says who trains there", err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
		t.Errorf("the folder has %v (%v), want the lock alone", entries, err)
	}
	if err := filelock.Remove(lock); err != nil {
		t.Error(err)
	}
}

// A state that another process may be at work on stays.
func TestStatesOfOthersStay(t *testing.T) {
	s, err := loadCurves(t, smallCurves)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for _, v := range s.Variants[:2] {
		if err := os.WriteFile(stateOf(s.file(folder, v)), []byte("state"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	held, free := s.file(folder, s.Variants[0]), s.file(folder, s.Variants[1])
	lock, err := filelock.Take(lockOf(held), "this model")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.removeStates(folder); err != nil {
		t.Fatal(err)
	}
	if !exists(stateOf(held)) || exists(stateOf(free)) || exists(lockOf(free)) {
		t.Errorf("states: %t of the model that is held, %t of the other, its lock %t; want true, false, false", exists(stateOf(held)), exists(stateOf(free)), exists(lockOf(free)))
	}
	if err := filelock.Remove(lock); err != nil {
		t.Error(err)
	}
}

// A checkpoint of another training is not taken for the study's, neither before others
// are trained nor when it is measured.
func TestModelsOfAnotherTraining(t *testing.T) {
	s, err := loadCurves(t, smallCurves)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := s.Train(t.Context(), pipeline.Host{}, folder); err != nil {
		t.Fatal(err)
	}
	other, err := loadCurves(t, strings.Replace(smallCurves, "train.pretrain.epochs=1", "train.pretrain.epochs=2", 1))
	if err != nil {
		t.Fatal(err)
	}
	begun := func(string, int, int, string) { t.Error("it trains beside a model of another training") }
	trainErr := other.Train(t.Context(), pipeline.Host{Progress: begun}, folder)
	_, measureErr := other.Measure(t.Context(), pipeline.Host{}, folder)
	for _, err := range []error{trainErr, measureErr} {
		if err == nil || !strings.Contains(err.Error(), "dense-seed-3.safetensors holds a model of another training (job quickstart, ") {
			t.Errorf("error %v, want one that says that the model is of another training", err)
		}
	}
}
