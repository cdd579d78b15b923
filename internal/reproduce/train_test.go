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
