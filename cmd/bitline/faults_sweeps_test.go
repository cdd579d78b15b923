package main

import (
	"fmt"
	"hash/crc32"
	"strings"
	"testing"
)

const oneAxis = "job = 'quickstart'\n[[axis]]\nkey = 'adc.bits'\nvalues = [3, 4, 5]\n"

func TestFaultsOfSweepFiles(t *testing.T) {
	of := func(name, text, want string) fault {
		return fault{name, map[string]string{"s.toml": text}, "sweep s.toml", want}
	}
	spans := ""
	for i := range 4 {
		spans += fmt.Sprintf("[[axis]]\nkey = 'a%d'\nrange = {from = 1, to = 2, steps = 65536}\n", i)
	}
	const bounded = "s.toml:1: key constraints holds \""
	checkFaults(t, []fault{
		of("a job", job, "s.toml: key axis is missing, want at least one [[axis]]\ns.toml: key job is missing\ns.toml:1: unknown key chip\ns.toml:2: unknown key network"),
		of("a name that is a path", "name = '../x'\n"+oneAxis, `s.toml:1: key name is "../x", want letters, digits and, behind the first, any of . _ + -`),
		of("a slip", "axes = 3\n"+oneAxis, "s.toml:1: unknown key axes, did you mean axis?"),
		of("steps that are broken", "job = 'quickstart'\n[[axis]]\nkey = 'adc.rate'\nrange = {from = '1GHz', to = '2GHz', steps = 1e9}\n", "s.toml:4: key axis[0].range.steps is 1e+09, want an integer 1 to 65536"),
		of("more points than atoms", "job = 'quickstart'\n"+spans, "s.toml:2: key axis spans more than 1000000000 points, want fewer, or a [sample] of them"),
		of("one figure for a front", "pareto = ['accuracy']\n"+oneAxis, `s.toml:1: key pareto holds "accuracy", want lists of two or three figures, such as ["accuracy", "energy_pj"]`),
		of("a front of words", "pareto = [['accuracy', 'job'], ['energy_pj', 'adc.law'], ['energy', 'adc_bits']]\n"+oneAxis+"[[axis]]\nkey = 'adc.law'\nvalues = ['linear']\n",
			"sweep s: pareto names \"job\", which is no number, want figures that are\npareto names \"adc.law\", which is no number, want figures that are\n"+
				"pareto names \"energy\", which is no figure of the results\npareto names \"adc_bits\", which is no number, want figures that are, did you mean adc.bits?"),
		of("an axis of a figure's name", oneAxis+"[[axis]]\nname = 'method'\n[[axis.variant]]\nname = 'a'\n",
			`s.toml:6: key axis[1].name is "method", which is the name of a figure of the results, want a name of its own, such as variant`),
		of("an override with a slip", "set = ['adc.pwoer=2mW']\n"+oneAxis, "s.toml:1: key set names adc.pwoer: unknown key adc.pwoer, did you mean adc.power?"),
		of("3000 parentheses", "constraints = ['"+strings.Repeat("(", 3000)+"']\n"+oneAxis, bounded+strings.Repeat("(", 76)+"...: unexpected end at column 3000"),
		of("a loop of a billion", "constraints = ['any(1..1000000000, # > 5)']\n"+oneAxis, bounded+`any(1..1000000000, # > 5)": memory budget exceeded at column 6`),
		of("a text of a billion", "constraints = ['len(repeat(\"x\", 1000000000)) > adc.bits']\n"+oneAxis,
			bounded+`len(repeat(\"x\", 1000000000)) > adc.bits": memory budget exceeded at column 5, where adc.bits = 3`),
		{"a page over a folder", map[string]string{"s.toml": oneAxis}, "sweep s.toml --html .", "writing .: is a directory"},
		{"plots in a file", map[string]string{"s.toml": oneAxis, "file": ""}, "sweep s.toml --plots file", "making the folder of plots: mkdir file: not a directory"},
		{"a damaged folder", map[string]string{"s.toml": oneAxis, "out/sweep.json": "{\n\"schema\": hello\n"}, "sweep s.toml --out out",
			"reading out/sweep.json: line 2: is no whole JSON: invalid character 'h' looking for beginning of value"},
		{"records of nobody", map[string]string{"s.toml": oneAxis, "out/records/shard-0-of-1.jsonl": "hello\n"}, "sweep s.toml --out out",
			"out holds records without sweep.json, which says whose they are; choose another folder"},
		{"records of nobody, dry", map[string]string{"s.toml": oneAxis, "out/records/shard-0-of-1.jsonl": "hello\n"}, "sweep s.toml --out out --dry-run",
			"out holds records without sweep.json, which says whose they are; choose another folder"},
	})
}

const sweepIdentity = `{
  "schema": "bitline.sweep/1",
  "name": "s",
  "points": 3,
  "version": "v1",
  "kernel_class": "avx2"
}
`

// recordLine is a sound line of a file of records.
func recordLine(record string) string {
	return fmt.Sprintf("{\"crc32c\":\"%08x\",\"record\":%s}\n", crc32.Checksum([]byte(record), crc32.MakeTable(crc32.Castagnoli)), record)
}

func record(point int, key string, accuracy string) string {
	return recordLine(fmt.Sprintf(`{"point":%d,"settings":{"%s":"3"},"failure":"","figures":{"accuracy":%s}}`, point, key, accuracy))
}

// A folder of results that is damaged is told with file and line.
func TestFaultsOfResultsFolders(t *testing.T) {
	good := record(0, "adc.bits", "0.5") + record(1, "adc.bits", "0.5") + record(2, "adc.bits", "0.5")
	folder := func(identity, records string) map[string]string {
		return map[string]string{"out/sweep.json": identity, "out/records/shard-0-of-1.jsonl": records}
	}
	id := func(name, identity, want string) fault {
		return fault{name, folder(identity, good), "results out", "reading out/sweep.json: " + want}
	}
	edited := func(name, old, text, want string) fault {
		return id(name, strings.Replace(sweepIdentity, old, text, 1), want)
	}
	lines := func(name, records, want string) fault {
		return fault{name, folder(sweepIdentity, records), "results out", "out/records/shard-0-of-1.jsonl:" + want}
	}
	query := func(name, flags, want string) fault {
		return fault{name, folder(sweepIdentity, good), "results out " + flags, want}
	}
	const damaged = "line is damaged (its checksum is another); without the line its point is computed again"
	checkFaults(t, []fault{
		id("an empty sweep.json", "", "line 1: is no whole JSON: unexpected end of JSON input"),
		id("half a sweep.json", sweepIdentity[:50], "line 4: is no whole JSON: unexpected end of JSON input"),
		id("a list", "[]", "line 1: is a JSON array, want an object"),
		id("more behind", sweepIdentity+"x", "line 8: is no whole JSON: invalid character 'x' after top-level value"),
		edited("another version's", "sweep/1", "sweep/9", `schema is "bitline.sweep/9", want "bitline.sweep/1": another version's sweep`),
		edited("points of words", "3", `"three"`, "line 4: key points is a JSON string, want a whole number"),
		edited("a broken number of points", "3", "1.5", "line 4: key points is a JSON number 1.5, want a whole number"),
		edited("less than no points", "3", "-1", "points is -1, want 0 to 10000000"),
		edited("a billion points", "3", "1000000000", "points is 1000000000, want 0 to 10000000"),
		edited("a name that is a number", `"s"`, "7", "line 3: key name is a JSON number, want a string"),
		edited("a front that is a number", `"points"`, `"pareto": 3, "points"`, "line 4: key pareto is a JSON number, want an array"),
		{"a sweep.json that is a folder", map[string]string{"out/sweep.json/": ""}, "results out", "read out/sweep.json: is a directory"},
		{"records that are a file", map[string]string{"out/sweep.json": sweepIdentity, "out/records": ""}, "results out", "open out/records: not a directory"},
		{"records that are a folder", map[string]string{"out/sweep.json": sweepIdentity, "out/records/shard-0-of-1.jsonl/": ""}, "results out", "read out/records/shard-0-of-1.jsonl: is a directory"},
		lines("words", good+"hello\n"+good, "4: "+damaged),
		lines("an empty line", "\n"+good, "1: "+damaged),
		lines("zeros", "\x00\x00\n"+good, "1: "+damaged),
		lines("lines of Windows", strings.ReplaceAll(good, "\n", "\r\n"), "1: "+damaged),
		lines("a byte order mark", "\ufeff"+good, "1: "+damaged),
		lines("a point beyond the last", good+record(3, "adc.bits", "0.5"), "4: record is of point 3, want less than the plan's 3 points"),
		lines("a point before the first", record(-1, "adc.bits", "0.5"), "1: is no record of this version's form"),
		lines("another form", good+recordLine(`{"point":0}`), "4: is no record of this version's form"),
		lines("a list for a figure", record(0, "adc.bits", "[1]"), "1: is no record of this version's form"),
		lines("a figure beyond all numbers", record(0, "adc.bits", "1e999"), "1: is no record of this version's form"),
		lines("other settings", record(0, "adc.bits", "0.5")+record(1, "adc.law", "0.5"), "2: record of point 1 has other settings than that of point 0"),
		lines("two outcomes", good+record(1, "adc.bits", "0.7"), "4: point 1 has two records, which differ in accuracy"),
		query("a condition of two signs", "--where 'accuracy >> 3'", `condition "accuracy >> 3": unexpected > at character 11`),
		query("words against numbers", `--where 'accuracy == "a"'`, `condition "accuracy == \"a\"": == between accuracy, which is a number, and a text, want two of a kind (a text stands in quotation marks) at character 10`),
		query("5000 parentheses", "--where '"+strings.Repeat("(", 5000)+"'", `condition "`+strings.Repeat("(", 77)+`...": unexpected end at character 5000`),
		query("a text of a billion", `--where 'repeat("x",1000000000) == ""'`, `condition "repeat(\"x\",1000000000) == \"\"" at point 0: memory budget exceeded at character 1`),
		query("a column twice", "--columns point,point", `column "point" is asked for twice`),
		query("a column's slip", "--sort -acuracy", `unknown column "acuracy", did you mean accuracy?`),
		query("a table over a folder", "--csv .", "writing .: is a directory"),
	})
}
