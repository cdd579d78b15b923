package arch

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestDrawing names every component of an IMA and of a tile once, in lines of one
// width.
func TestDrawing(t *testing.T) {
	for _, name := range []string{"isaac-ce", "puma", "bitslice-8bit-3331"} {
		bill, err := load(t, name).Bill()
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		bill.writeDrawing(&out)
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		for _, line := range lines {
			if utf8.RuneCountInString(line) != utf8.RuneCountInString(lines[0]) {
				t.Errorf("%s: line %q is not as wide as %q", name, line, lines[0])
			}
		}
		parts := 0
		for _, r := range bill.Rows {
			if r.Count > 0 && (r.Level == LevelIMA || r.Level == LevelTile) {
				parts++
			}
		}
		if frames := 4; len(lines) != parts-1+frames { // the IMA is a frame
			t.Errorf("%s: %d lines, want %d for the parts and %d of frames:\n%s", name, len(lines), parts-1, frames, &out)
		}
	}
}
