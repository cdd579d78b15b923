package main

import (
	"context"
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bitline/configs"
	"bitline/internal/config"
)

// describeJSON is the part of a description that is the interface's core.
type describeJSON struct {
	IMA, Tile, Chip struct {
		Power *float64 `json:"power_mw"`
		Area  *float64 `json:"area_mm2"`
	}
	Components []map[string]any
	Peak       struct {
		TOPS           *float64
		GOPSPerW       *float64 `json:"gops_per_w"`
		GOPSPerSMillim *float64 `json:"gops_per_s_mm2"`
	}
}

func describe(t *testing.T, chip string, args ...string) describeJSON {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.json")
	if out := succeed(t, append([]string{"describe", chip, "--json", path}, args...)...); out == "" {
		t.Errorf("describe %s prints nothing", chip)
	}
	var d describeJSON
	if err := json.Unmarshal(readFile(t, path), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDescribeOne counts single things as such.
func TestDescribeOne(t *testing.T) {
	out := succeed(t, "describe", "bitslice-8bit", "--set", "tiles=1", "--set", "tile.imas=1", "--set", "tile.router.tiles=1")
	if want := "1 tile × 1 IMA × 8 crossbars"; !strings.Contains(out, want) {
		t.Errorf("one tile is described as\n%s\nwant %q", out, want)
	}
	for _, wrong := range []string{" 1 tiles", " 1 IMAs", " 1 routers less"} {
		if strings.Contains(out, wrong) {
			t.Errorf("one tile is described as\n%s\nwant no %q", out, wrong)
		}
	}
}

// TestDescribeInterrupted ends while a network of many positions is laid out.
func TestDescribeInterrupted(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "n.toml", []byte("name = 'wide'\ninput = [4096, 4096, 1]\n[[layer]]\nname = 'c'\nkind = 'conv'\nkernel = 3\npadding = 1\noutputs = 8\n"+
		"[[layer]]\nname = 'p'\nkind = 'globalpool'\n[[layer]]\nname = 'fc'\noutputs = 10\n"))
	ctx, stop := context.WithCancel(t.Context())
	time.AfterFunc(300*time.Millisecond, stop)
	got := bitlineIn(ctx, func(string) string { return "" }, "describe", "isaac-ce", "--network", "n.toml", "--json", "c.json")
	if want := (outcome{1, "", "bitline: interrupted: mapping network wide: context canceled\n"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if left := tree(t); len(left) != 2 { // the folder and the network
		t.Errorf("it leaves %v, want the network alone", left)
	}
}

func TestDescribeEveryShippedChip(t *testing.T) {
	for _, name := range (config.Source{Embedded: configs.Files(), Kind: "chips"}).Names() {
		t.Run(name, func(t *testing.T) {
			d := describe(t, name)
			for figure, x := range map[string]*float64{
				"ima.power_mw": d.IMA.Power, "ima.area_mm2": d.IMA.Area, "tile.power_mw": d.Tile.Power, "tile.area_mm2": d.Tile.Area,
				"chip.power_mw": d.Chip.Power, "chip.area_mm2": d.Chip.Area,
				"peak.tops": d.Peak.TOPS, "peak.gops_per_w": d.Peak.GOPSPerW, "peak.gops_per_s_mm2": d.Peak.GOPSPerSMillim,
			} {
				if x == nil || !(*x > 0) {
					t.Errorf("%s is %v, want more than 0", figure, x)
				}
			}
			if *d.IMA.Power >= *d.Tile.Power || *d.Tile.Power >= *d.Chip.Power || *d.IMA.Area >= *d.Tile.Area || *d.Tile.Area >= *d.Chip.Area {
				t.Errorf("IMA, tile and chip do not grow: %+v", d)
			}
			if len(d.Components) < 10 {
				t.Errorf("%d components, want all of an IMA, tile and chip", len(d.Components))
			}
		})
	}
}

// The published totals and peak figures of ISAAC, through the command line.
func TestDescribeISAAC(t *testing.T) {
	d := describe(t, "isaac-ce")
	for _, tt := range []struct {
		figure    string
		got, want float64
	}{
		{"ima.power_mw", *d.IMA.Power, 24.08}, {"ima.area_mm2", *d.IMA.Area, 0.01312},
		{"tile.power_mw", *d.Tile.Power, 329.8}, {"tile.area_mm2", *d.Tile.Area, 0.3723},
		{"chip.power_mw", *d.Chip.Power, 65800}, {"chip.area_mm2", *d.Chip.Area, 85.4},
		{"peak.tops", *d.Peak.TOPS, 41.29}, {"peak.gops_per_w", *d.Peak.GOPSPerW, 627.5},
	} {
		if math.Abs(tt.got/tt.want-1) > 0.005 {
			t.Errorf("%s is %g, want %g within 0.5 %%", tt.figure, tt.got, tt.want)
		}
	}
}

// Overrides reach the chip: converters of 3 bits take less power and area.
func TestDescribeWithOverrides(t *testing.T) {
	at8, at3 := describe(t, "bitslice-8bit"), describe(t, "bitslice-8bit", "--set", "adc.bits=[3,3,3,1]")
	if *at3.IMA.Power >= *at8.IMA.Power || *at3.IMA.Area >= *at8.IMA.Area {
		t.Errorf("IMA at 3 bits takes %g mW and %g mm², at 8 bits %g and %g, want less", *at3.IMA.Power, *at3.IMA.Area, *at8.IMA.Power, *at8.IMA.Area)
	}
}

// Two chips side by side: every figure of the first is that of its own description.
func TestDescribeAgainst(t *testing.T) {
	out := succeed(t, "describe", "isaac-ce", "--against", "isaac-ce-events")
	for _, want := range []string{"isaac-ce  isaac-ce-events  ratio", "ima ADC                1562.5    1667.0"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	// --set changes the first chip alone: half of its tiles.
	out = succeed(t, "describe", "isaac-ce", "--against", "isaac-ce", "--set", "tiles=84")
	if !strings.Contains(out, "peak, TOPS                 20.644    41.288    2.000×") {
		t.Errorf("no peaks of 84 and 168 tiles in\n%s", out)
	}
}
