package arch

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// way is the components of an IMA in the order in which an input meets them.
func way() [][]string {
	return [][]string{{"input register"}, {"DAC"}, {"crossbar"}, {"sample-and-hold"}, {"ADC", "unit-column ADC"}, {"shift-and-add"}, {"output register"}}
}

// writeDrawing draws what lies in what: a tile's parts, and an IMA's in the order of
// an input's way through it, those beside the way at the end.
func (b Bill) writeDrawing(out *bytes.Buffer) {
	const arrow, blank = "↓ ", "  "
	var ima, met []string
	for i, stage := range way() {
		met = append(met, stage...)
		for j, line := range b.parts(LevelIMA, func(r Row) bool { return slices.Contains(stage, r.Component) }) {
			if i > 0 && j == 0 {
				ima = append(ima, arrow+line)
			} else {
				ima = append(ima, blank+line)
			}
		}
	}
	for _, line := range b.parts(LevelIMA, func(r Row) bool { return !slices.Contains(met, r.Component) }) {
		ima = append(ima, blank+line)
	}
	lines := b.parts(LevelTile, func(r Row) bool { return r.Component != "IMA" })
	lines = append(lines, box(fmt.Sprintf("%d × IMA", b.count(LevelTile, "IMA")), ima)...)
	for _, line := range box(fmt.Sprintf("%d × tile", b.count(LevelChip, "tile")), lines) {
		fmt.Fprintf(out, "  %s\n", line)
	}
}

// parts are the components of a level, each with its number and what it is.
func (b Bill) parts(level Level, of func(Row) bool) []string {
	var lines []string
	for _, r := range b.Rows {
		if r.Level != level || r.Count == 0 || !of(r) {
			continue
		}
		line := fmt.Sprintf("%d × %s", r.Count, r.Component)
		if r.Count == 1 {
			line = r.Component
		}
		if r.Spec != "" {
			line += ": " + r.Spec
		}
		lines = append(lines, line)
	}
	return lines
}

// count is how many of a component one of a level has.
func (b Bill) count(level Level, component string) int {
	i := slices.IndexFunc(b.Rows, func(r Row) bool { return r.Level == level && r.Component == component })
	if i < 0 {
		return 0
	}
	return b.Rows[i].Count
}

// box draws a frame around lines, with a title in its upper edge.
func box(title string, lines []string) []string {
	width := utf8.RuneCountInString(title) + 2
	for _, line := range lines {
		width = max(width, utf8.RuneCountInString(line))
	}
	fill := func(text, with string) string {
		return text + strings.Repeat(with, width-utf8.RuneCountInString(text))
	}
	all := []string{"┌ " + fill(title+" ", "─") + "─┐"}
	for _, line := range lines {
		all = append(all, "│ "+fill(line, " ")+" │")
	}
	return append(all, "└"+strings.Repeat("─", width+2)+"┘")
}
