package main

import (
	"fmt"
	"strings"
	"testing"
)

// Texts that are no TOML, or hardly.
func TestFaultsOfTOML(t *testing.T) {
	of := func(name, text, want string) fault {
		return fault{name, map[string]string{"c.toml": text}, "describe c.toml", "c.toml:" + want}
	}
	const deep = "1: nested deeper than 32 levels"
	shown := strings.Repeat("x", 77) + "..."
	checkFaults(t, []fault{
		of("a key twice", "tiles = 3\nname = 'a'\ntiles = 4\n", "3: key 'tiles' has already been defined"),
		of("a table twice", "[adc]\nbits = 3\n[tile]\n[adc]\npower = '2mW'\n", "4: key 'adc' has already been defined"),
		of("a key that turns, twice", "'a\u202eb' = 3\n'a\u202eb' = 4\n", "2: key '\"a\ufffdb\"' has already been defined"),
		of("a key twice, once with points", "adc.bits = 3\n[adc]\nbits = 4\n", "3: key 'adc.bits' has already been defined"),
		of("an open string", "name = \"abc\ntiles = 3\n", "1: strings cannot contain newlines"),
		of("an open array", "name = 'a'\nadc.bits = [3,\n4\n", "3: expected a comma (',') or array terminator (']'), but got end of file"),
		of("an open table", "\n[adc\nbits = 3\n", `2: expected '.' or ']' to end table name, but got '\n' instead`),
		of("a wrong escape", `name = "a\qb"`, `1: invalid escape in string '\q'`),
		of("no value", "name = 'a'\ntiles =\n", `2: expected value but found '\n' instead`),
		of("no key", "= 5\n", "1: unexpected '=': key name appears blank"),
		of("two keys on a line", "tiles = 3 name = 'a'\n", "1: expected a top-level item to end with a newline, comment, or EOF, but got 'n' instead"),
		of("True", "[adc]\nx = True\n", `2: expected value but found "True" instead`),
		of("a leading zero", "tiles = 007\n", `1: invalid integer "007": cannot have leading zeroes`),
		of("more than 64 bits", "tiles = 9223372036854775808\n", "1: 9223372036854775808 is out of range for int64"),
		of("more than any number", "tiles = 1e999\n", "1: 1e999 is out of range for float64"),
		of("a zero byte", "tiles = 3\nname = \"a\x00b\"\n", "2: TOML files cannot contain control characters: '0x00'"),
		of("Latin-1", "tiles = 3\nname = \"\xe9\"\n", "2: invalid UTF-8 byte: 0xe9"),
		of("lines of an old Mac", "tiles = 0\rname = 'a'\r", "1: TOML files cannot contain control characters: '0x0d'"),
		of("lines of Windows", "name = 'a'\r\n\r\ntiles = 0\r\n", "3: key tiles is 0, want 1 to 1048576"),
		of("a byte order mark", "\ufeff\ntilez = 3\n", "2: unknown key tilez, did you mean tile?"),
		of("a key of a megabyte", strings.Repeat("x", 1<<20-9)+" = 3\n", "1: unknown key "+shown),
		of("a value of a megabyte", "tiles = '"+strings.Repeat("x", 1<<20-20)+"'\n", `1: key tiles is "`+shown+`", want an integer 1 to 1048576`),
		of("arrays in arrays", "tiles = "+strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)+"\n", deep),
		of("tables in tables", "tiles = "+strings.Repeat("{a=", 1000)+"1"+strings.Repeat("}", 1000)+"\n", deep),
		of("a key of many parts", strings.Repeat("a.", 50_000)+"a = 1\n", deep),
		of("a table of many parts", "["+strings.Repeat("a.", 50_000)+"a]\n", deep),
		{"two megabytes", map[string]string{"c.toml": strings.Repeat("# nothing\n", 200_000)}, "describe c.toml", "c.toml: has more than 1048576 bytes"},
		{"a folder", map[string]string{"c.toml/": ""}, "describe c.toml", "reading c.toml: is a directory"},
	})
}

// Values of a wrong kind, unit or size.
func TestFaultsOfValues(t *testing.T) {
	of := func(name, text, want string) fault {
		return fault{name, map[string]string{"c.toml": text}, "describe c.toml", "c.toml:" + want}
	}
	checkFaults(t, []fault{
		of("a table", "tiles = {a = 1}\n", "1: key tiles is a table, want an integer 1 to 1048576"),
		of("an array of tables", "[[adc]]\nbits = 3\n", "1: key adc is an array of arrays or tables, want a table"),
		of("a date", "tiles = 2020-01-01\n", "1: key tiles is a date or time, want an integer 1 to 1048576"),
		of("no number", "tiles = nan\n", "1: key tiles is NaN, want an integer 1 to 1048576"),
		of("sizes", "tiles = 1048577\n[tile]\nimas = 99999999\n[crossbar]\nwordlines = 5000\nbitlines = -3\ncell_bits = 0\n",
			"1: key tiles is 1048577, want 1 to 1048576\nc.toml:3: key tile.imas is 99999999, want 1 to 4096\nc.toml:5: key crossbar.wordlines is 5000, want 1 to 4096\n"+
				"c.toml:6: key crossbar.bitlines is -3, want 1 to 4096\nc.toml:7: key crossbar.cell_bits is 0, want 1 to 4"),
		of("no resolution", "[adc]\nbits = []\n", "2: key adc.bits is empty, want one resolution per slice"),
		of("a layer's resolutions for other slices", "[adc.layers]\nfc1 = [3, 3]\n", "2: key adc.layers.fc1 lists 2 resolutions, want 1 or one for each of the 4 slices"),
		of("a resolution of words", "[adc]\nbits = [3, 'b', 3, 3]\n", `2: key adc.bits[1] is "b", want an integer 1 to 16`),
		of("no unit", "[crossbar]\nread_latency = '100'\n", `2: key crossbar.read_latency: "100" has no unit, want a time such as "100ns"`),
		of("a unit in capitals", "[crossbar]\nread_latency = '100NS'\n", `2: key crossbar.read_latency: "100NS" has the unknown unit "NS", want a time such as "100ns"`),
		of("a unit alone", "[crossbar]\nread_latency = 'ns'\n", `2: key crossbar.read_latency: "ns" does not start with a number, want a time such as "100ns"`),
		of("no time", "[crossbar]\nread_latency = '0ns'\n", `2: key crossbar.read_latency is 0, want a positive time such as "100ns"`),
		of("a time of 300 digits", "[crossbar]\nread_latency = '"+strings.Repeat("1", 300)+"ns'\n",
			`2: key crossbar.read_latency: "`+strings.Repeat("1", 32)+`..." has more than 64 bytes, want a time such as "100ns"`),
		of("a word with a slip", "[encoding]\nsigned = 'diferential'\n", `2: key encoding.signed is "diferential", want differential | differential-analog | offset | offset-unit-column | offset-flip, did you mean differential?`),
		of("an empty word", "node = ''\n", `1: key node is "", want 180nm | 130nm | 90nm | 65nm | 55nm | 45nm | 40nm | 32nm | 28nm | 22nm | 20nm | 16nm | 14nm | 12nm | 10nm | 7nm`),
		of("a key in quotes", "\"tile z\" = 3\n\"größe\" = 4\n", "1: unknown key \"tile z\"\nc.toml:2: unknown key \"größe\""),
		of("a name that commands the terminal", "tiles = 1\n\nname = \"a\\u001b[31mX\\u202e\\tq\"\n", `3: key name is "a\x1b[31mX\u202e\tq", want printable characters`),
		of("a name of two lines", "name = \"\"\"a\nb\"\"\"\n", `1: key name is "a\nb", want printable characters`),
		of("a base that commands the terminal", "base = \"a\\u001b[2J.toml\"\n", `1: key base is "a\x1b[2J.toml", want printable characters`),
		of("a base that is a number", "base = 3\n", "1: key base is 3, want the name of a file"),
		of("a base with a slip", "\nbase = 'pumma'\n", `2: key base is "pumma": unknown name "pumma" in chips, want `+chipNames+` or the path of a .toml file, did you mean puma?`),
		of("a base that is a folder", "base = './'\n", `1: key base is "./": reading .: is a directory`),
		of("itself as base", "base = 'c.toml'\n", `1: key base is "c.toml": the files start from one another in a circle`),
		of("a job", "chip = 'puma'\nnetwork = 'lenet-5'\n", "1: unknown key chip, did you mean chips?\nc.toml:2: unknown key network"),
	})
	checkFaults(t, []fault{
		{"a job's name of two lines", map[string]string{"job.toml": "name = \"a\\nb\"\n" + job}, "run job.toml", `job.toml:1: key name is "a\nb", want printable characters`},
		{"a chip's name that rings", nil, "describe puma --set name=\"a\a\"", `--set name: key name is "\"a\a\"", want printable characters`},
	})
	chain := map[string]string{}
	for i := range 20 {
		chain[fmt.Sprintf("c%d.toml", i)] = fmt.Sprintf("base = 'c%d.toml'\n", i+1)
	}
	checkFaults(t, []fault{{"twenty bases", chain, "describe c0.toml", `c15.toml:1: key base is "c16.toml": more than 16 files start from one another`}})
}
