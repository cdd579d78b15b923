package pipeline_test

import (
	"context"
	"testing"

	"bitline/internal/pipeline"
)

// BenchmarkRun is the whole quickstart job: training on the digits, replay of 450
// images, simulation, result.
func BenchmarkRun(b *testing.B) {
	job, err := pipeline.LoadJob("quickstart", nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pipeline.Run(context.Background(), job, pipeline.Host{}); err != nil {
			b.Fatal(err)
		}
	}
}
