package arch

import (
	"testing"

	"bitline/crossbar"
	"bitline/internal/config"
	"bitline/internal/units"
)

// The largest sum of a block: rows × largest weight × largest input, and a sign.
func TestSumBits(t *testing.T) {
	tests := []struct {
		name, chip string
		sets       []string
		want       int
	}{
		{"128 · 255 · 255 < 2^23", "bitslice-8bit", nil, 24},
		{"129 rows · 255 · 255 < 2^23: 8,388,225", "bitslice-8bit", []string{"crossbar.wordlines=129"}, 24},
		{"130 rows: 8,453,250 > 2^23", "bitslice-8bit", []string{"crossbar.wordlines=130", "ima.output_bits=25", "ima.output_register.bytes=512"}, 25},
		// Offset weights are stored as 0 to 255; the largest is the same.
		{"offset", "bitslice-8bit", []string{"encoding.signed=offset"}, 24},
		// 128 · (2^16 − 1) · 2^15 < 2^38: the sign bit's step alone, as the others
		// count against it.
		{"ISAAC", "isaac-ce", nil, 39},
		{"ISAAC, unsigned: 128 · (2^16 − 1)²", "isaac-ce", []string{"encoding.input_sign=unsigned"}, 40},
		{"2-bit steps change no sum", "bitslice-8bit", []string{"dac.bits=2"}, 24},
		{"one row of 2 · 2 bits: 9", "bitslice-8bit", []string{"crossbar.wordlines=1", "encoding.weight_bits=2", "encoding.input_bits=2", "adc.per_ima=1"}, 5},
		{"full: codes at 2^16", "bitslice-8bit", []string{"adc.range=full"}, 24 + 17},
		// Codes reconstruct to at most 20 counts and a half, over slices 1 + 4 + 16 +
		// 64 and steps 1 + … + 128: 21 · 85 · 255 = 455,175 < 2^19.
		{"calibrated", "bitslice-8bit", []string{"adc.range=calibrated", "adc.low=-3", "adc.high=20.5"}, 20 + 17},
		{"calibrated below zero", "bitslice-8bit", []string{"adc.range=calibrated", "adc.low=-20.5", "adc.high=0"}, 20 + 17},
	}
	for _, tt := range tests {
		c := load(t, tt.chip, tt.sets...)
		if got := c.SumBits(); got != tt.want || c.IMA.AccumulatorBits != tt.want {
			t.Errorf("%s: sums of %d bits and accumulators of %d, want %d", tt.name, got, c.IMA.AccumulatorBits, tt.want)
		}
	}
}

// Blocks of an IMA, and those whose inputs and outputs its registers hold.
func TestBlocks(t *testing.T) {
	tests := []struct {
		name, chip       string
		sets             []string
		blocks, register int
	}{
		{"ISAAC: an array a block, registers of exactly 8", "isaac-ce", nil, 8, 8},
		{"ISAAC with a smaller output register", "isaac-ce", []string{"ima.output_register.bytes=255"}, 8, 7},
		{"ISAAC with a smaller input register", "isaac-ce", []string{"ima.input_register.bytes=1023"}, 8, 3},
		{"PUMA: 8 slices, two MVM units", "puma", nil, 2, 2},
		{"4 slices of 2 signs", "bitslice-8bit", nil, 1, 1},
		{"one sign: the output register holds one of two", "bitslice-8bit", []string{"encoding.signed=offset"}, 2, 1},
		{"and both where it is larger", "bitslice-8bit", []string{"encoding.signed=offset", "ima.output_register.bytes=768"}, 2, 2},
		{"a block over two IMAs", "bitslice-8bit", []string{"ima.crossbars=4"}, 1, 1},
		{"end and beginning of blocks", "bitslice-8bit", []string{"ima.crossbars=6", "ima.output_register.bytes=768"}, 2, 2},
		{"pairs leave an array over", "bitslice-8bit", []string{"encoding.signed=differential-analog", "ima.crossbars=9"}, 1, 1},
	}
	for _, tt := range tests {
		c := load(t, tt.chip, tt.sets...)
		if c.Blocks() != tt.blocks || c.RegisterBlocks() != tt.register {
			t.Errorf("%s: %d blocks, registers for %d, want %d and %d", tt.name, c.Blocks(), c.RegisterBlocks(), tt.blocks, tt.register)
		}
	}
}

// Both sides of each edge: the smallest register, width and number of links that a
// chip may have, and one less.
func TestValidateEdges(t *testing.T) {
	tests := []struct {
		name, chip string
		ok, bad    []string
		want       string
	}{
		{"input register", "isaac-ce", []string{"ima.input_register.bytes=256"}, []string{"ima.input_register.bytes=255"},
			"--set ima.input_register.bytes: key ima.input_register.bytes is 255, want at least 256 for one product's 128 inputs of 16 bits"},
		{"output register", "bitslice-8bit", []string{"ima.output_register.bytes=384"}, []string{"ima.output_register.bytes=383"},
			"--set ima.output_register.bytes: key ima.output_register.bytes is 383, want at least 384 for one product's 128 outputs of 24 bits"},
		{"tile's output register", "bitslice-8bit", []string{"tile.output_register.bytes=384"}, []string{"tile.output_register.bytes=383"},
			"--set tile.output_register.bytes: key tile.output_register.bytes is 383, want at least 384 for one product's 128 outputs of 24 bits"},
		{"eDRAM", "bitslice-8bit", []string{"tile.edram.bytes=128"}, []string{"tile.edram.bytes=127"},
			"--set tile.edram.bytes: key tile.edram.bytes is 127, want at least 128 for one product's 128 inputs of 8 bits"},
		{"output bits", "isaac-ce", []string{"ima.output_bits=16"}, []string{"ima.output_bits=15"},
			"--set ima.output_bits: key ima.output_bits is 15, want at least 16, the encoding.input_bits of the layer that takes the output"},
		{"accumulator", "isaac-ce", []string{"ima.accumulator_bits=39"}, []string{"ima.accumulator_bits=38"},
			"--set ima.accumulator_bits: key ima.accumulator_bits is 38, want at least 39, what the largest sum of 128 rows needs with its sign"},
		{"unrounded", "bitslice-8bit", []string{"ima.rounding=none"}, []string{"ima.rounding=none", "ima.output_bits=23"},
			"--set ima.output_bits: key ima.output_bits is 23 with rounding = \"none\", want at least 24, the width of an accumulator"},
		{"two chips", "isaac-ce", []string{"chips=2", "io.links=1"}, []string{"chips=2", "io.links=0"},
			"--set io.links: key io.links is 0 with chips = 2, want at least 1, one for each neighbour in a grid of 2 × 1 chips"},
		{"four chips", "isaac-ce", []string{"chips=4", "io.links=2"}, []string{"chips=4", "io.links=1"},
			"--set io.links: key io.links is 1 with chips = 4, want at least 2, one for each neighbour in a grid of 2 × 2 chips"},
		{"sixteen chips", "isaac-ce", []string{"chips=16", "io.links=4"}, []string{"chips=16", "io.links=3"},
			"--set io.links: key io.links is 3 with chips = 16, want at least 4, one for each neighbour in a grid of 4 × 4 chips"},
		{"mesh", "isaac-ce", []string{"noc.topology=mesh", "tile.router.tiles=1"}, []string{"noc.topology=mesh"},
			"--set noc.topology: key noc.topology is \"mesh\" with tile.router.tiles = 4, want 1 tile a router or \"concentrated-mesh\""},
		{"columns", "bitslice-8bit", []string{"noc.columns=1"}, []string{"noc.columns=2"},
			"--set noc.columns: key noc.columns is 2, want at most 1, the routers of 4 tiles"},
		{"settling", "isaac-ce", []string{"adc.settle=10us"}, []string{"adc.settle=11us"},
			"--set adc.settle: key adc.settle is 11 µs, want at most 10 µs"},
		{"pairs", "bitslice-8bit", []string{"encoding.signed=differential-analog", "ima.crossbars=2"}, []string{"encoding.signed=differential-analog", "ima.crossbars=1"},
			"--set ima.crossbars: key ima.crossbars is 1, want at least 2 with encoding.signed = \"differential-analog\", whose two arrays are read together"},
		{"scaling to the same node", "isaac-ce", []string{"scaling.from=45nm", "scaling.law=dennard"}, []string{"scaling.from=32nm", "scaling.law=dennard"},
			"--set scaling.from: key scaling.from is \"32nm\", the chip's own node, want another or no scaling"},
		{"scaling by no law", "isaac-ce", nil, []string{"scaling.from=45nm"},
			"--set scaling.from: key scaling.from is given without law, want dennard or stillmaker-baas"},
		{"scaling from nowhere", "isaac-ce", nil, []string{"scaling.law=dennard"},
			"--set scaling.law: key scaling.law is given without from, want the node of the file's figures"},
		{"a node that the fit lacks", "isaac-ce", []string{"scaling.from=28nm", "scaling.law=dennard"}, []string{"scaling.from=28nm", "scaling.law=stillmaker-baas"},
			"--set scaling.from: key scaling.from is \"28nm\" with node = \"32nm\": law stillmaker-baas has no figures of 28nm, want law dennard or another node"},
		// (2^23 + 1) · (4^8 − 1)/3 · (2^16 − 1) < 2^54, a sign, and 17 bits of scale.
		{"an accumulator of more than 64 bits", "bitslice-8bit", []string{"adc.range=calibrated", "adc.low=0", "adc.high=8388608", "encoding.weight_bits=14", "ima.output_bits=24", "adc.per_ima=8"},
			[]string{"adc.range=calibrated", "adc.low=0", "adc.high=8388608", "encoding.weight_bits=16", "encoding.input_bits=16"},
			"chips/bitslice-8bit.toml:31: key ima.accumulator_bits would have to be 72 for the largest sum of a block, want at most 64: a smaller adc.high, a larger adc.low, or fewer encoding.weight_bits or input_bits"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			load(t, tt.chip, tt.ok...)
			_, err := Load(shipped(), tt.chip, tt.bad)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got\n%v\nwant\n%s", err, tt.want)
			}
		})
	}
}

// A system's bill: its chips and one port, over one chip's.
func TestSystemBill(t *testing.T) {
	sets := []string{"chips=4", "host.width=32", "host.static_power=3W", "host.area=1mm2"}
	b := bill(t, "isaac-ce", sets...)
	one := bill(t, "isaac-ce")
	if b.Chip != one.Chip || b.Peak != one.Peak {
		t.Errorf("a chip of four differs from one alone: %+v, want %+v", b.Chip, one.Chip)
	}
	if want := 4*one.Chip.Power + 3*units.Watt; b.System.Power != want || b.System.Area != 4*one.Chip.Area+units.SquareMillimetre {
		t.Errorf("system takes %v and %v, want %v and four areas and 1 mm²", b.System.Power, b.System.Area, want)
	}
	if find(t, b, LevelSystem, "chip").Count != 4 || find(t, b, LevelSystem, HostPort).Count != 1 {
		t.Error("a system of four chips has other rows than 4 chips and 1 port")
	}
	// The port of a chip alone is a part of it, and of its input and output.
	alone := bill(t, "isaac-ce", sets[1:]...)
	if alone.System != alone.Chip || alone.Chip.Power != one.Chip.Power+3*units.Watt || alone.IO.Power != one.IO.Power+3*units.Watt {
		t.Errorf("one chip with a port takes %v, of which %v for input and output", alone.Chip.Power, alone.IO.Power)
	}
}

// A table [mapping] reaches the chip.
func TestReadMappingOfChip(t *testing.T) {
	c := load(t, "isaac-ce", "mapping.replicate=isaac", "mapping.place=near-consumer", "mapping.copies.conv1=3")
	if c.Map.Replicate != ReplicateISAAC || c.Map.Place != PlaceNearConsumer || c.Map.Copies["conv1"] != 3 {
		t.Errorf("mapping is %+v, want isaac, near-consumer, conv1 = 3", c.Map)
	}
	table, err := config.Parse("chip.toml", []byte("[mapping]\nplace = \"far\"\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read(table); err == nil || err.Error() != `chip.toml:2: key mapping.place is "far", want in-order | near-consumer` {
		t.Errorf("got %v, want a fault of mapping.place", err)
	}
}

// The one of several figures in use: a preset, a preset that the file changed, and
// figures of the file's own.
func TestWritings(t *testing.T) {
	tests := []struct {
		sets  []string
		count int
		inUse string
		marks string
	}{
		{nil, 4, "cimloop", "[time X, energy R]"},
		{[]string{"programming.preset=pipelayer", "programming.pulses=3"}, 4, "pipelayer", "[R]"},
		{[]string{"programming.preset=pipelayer", "programming.row_parallel=false"}, 5, "pipelayer", "[R]"},
		{[]string{"programming.preset=own", "programming.time=1us", "programming.energy=1pJ"}, 5, "own", "[own]"},
	}
	for _, tt := range tests {
		c := load(t, "isaac-ce", tt.sets...)
		written := crossbar.Written{Arrays: 100, Cells: 1000, Tiles: 10, Fullest: 30}
		list := c.Writings(written)
		used := 0
		for _, w := range list {
			if w.Load != w.Programming.Load(c.Crossbar, written) {
				t.Errorf("%v: %s is %+v, want the load of its own figures", tt.sets, w.Preset, w.Load)
			}
			if !w.InUse {
				continue
			}
			if used++; w.Preset != tt.inUse || w.Marks() != tt.marks || w.Programming != c.Programming {
				t.Errorf("%v: %s %s is in use, want %s %s", tt.sets, w.Preset, w.Marks(), tt.inUse, tt.marks)
			}
		}
		if len(list) != tt.count || used != 1 {
			t.Errorf("%v: %d figures of which %d are in use, want %d and 1", tt.sets, len(list), used, tt.count)
		}
	}
}
