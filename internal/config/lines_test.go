package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

func TestScanLines(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       string // path:line, sorted by path
	}{
		{"empty", "", ""},
		{"one key without an end of line", "a = 1", "a:1"},
		{"comments and blank lines", "# a = 0\n\n  a = 1 # b = 2\r\n\tb=3\n", "a:3 b:4"},
		{"byte order mark", "\xef\xbb\xbfa = 1\n", "a:1"},
		{"dotted keys", "a . b.c = 1\na.d = 2\n", "a:1 a.b:1 a.b.c:1 a.d:2"},
		{"quoted keys", "\"x y\".'a.b' = 1\n\"\" = 2\n\"\\u00e9\\t\" = 3\n", `"":2 "x y":1 "x y"."a.b":1 "é\t":3`},
		{"tables", "a = 1\n[b]\nc = 2\n[b.d] # e\nf = 3\n", "a:1 b:2 b.c:3 b.d:4 b.d.f:5"},
		{"table after its child", "[a.b]\n[a]\nc = 1\n", "a:2 a.b:1 a.c:3"},
		{"arrays of tables", "[[a]]\nb = 1\n[[a]]\nb = 2\n[a.c]\nd = 3\n[[a.e]]\n[[a.e]]\nf = 4\n",
			"a:1 a[0]:1 a[0].b:2 a[1]:3 a[1].b:4 a[1].c:5 a[1].c.d:6 a[1].e:7 a[1].e[0]:7 a[1].e[1]:8 a[1].e[1].f:9"},
		{"dotted key into an array of tables", "[[a.b]]\n[[a.b]]\n[a]\nb.c = 1\n", "a:3 a.b:1 a.b[0]:1 a.b[1]:2 a.b[1].c:4"}, // the decoder takes it
		{"array over lines", "a = [\n 1, # one, \"two\"\n 2,\n]\nb = 1\n", "a:1 a[0]:2 a[1]:3 b:5"},
		{"nested arrays", "a = [[1], [\n[2]]]\n", "a:1 a[0]:1 a[0][0]:1 a[1]:1 a[1][0]:2 a[1][0][0]:2"},
		{"inline tables", "a = { b = 1, c.d = { e = [ { f = 2 } ] } }\n", "a:1 a.b:1 a.c:1 a.c.d:1 a.c.d.e:1 a.c.d.e[0]:1 a.c.d.e[0].f:1"},
		{"inline table over lines", "a = {\n b = 1, # c\n d = 2,\n}\n", "a:1 a.b:2 a.d:3"},
		{"strings that look like keys", "a = \"b = 1 # ] }\"\nc = 'd = \\'\ne = 1\n", "a:1 c:2 e:3"},
		{"escaped quote", "a = \"\\\"b\\\\\"\nc = 1\n", "a:1 c:2"},
		{"long string", "a = \"\"\"\nb = 1\n\\\"\"\"c\"\"\"\"\"\nd = 2\n", "a:1 d:4"},
		{"long string with an escaped end of line", "a = \"\"\"x\\\n  y\"\"\"\nb = 1\n", "a:1 b:3"},
		{"long raw string", "a = '''\n[b]\n'' \\'''\nc = 1\n", "a:1 c:4"},
		{"empty strings", "a = \"\"\nb = ''\nc = \"\"\"\"\"\"\nd = 1\n", "a:1 b:2 c:3 d:4"},
		{"dates and numbers", "a = 1979-05-27 07:32:00Z\nb = -inf\nc = 1_000.5e-3\n", "a:1 b:2 c:3"},
	} {
		lines, err := scanLines(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		var got []string
		for _, path := range slices.Sorted(maps.Keys(lines)) {
			got = append(got, fmt.Sprintf("%s:%d", path, lines[path]))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, strings.Join(got, " "), c.want)
		}
		compareKeys(t, c.text)
	}
}

func TestScanDepth(t *testing.T) {
	for _, c := range []struct {
		name string
		text func(n int) string
	}{
		{"arrays", func(n int) string { return "\na = " + strings.Repeat("[", n) + strings.Repeat("]", n) }},
		{"inline tables", func(n int) string { return "\na = " + strings.Repeat("{a = ", n-1) + "1" + strings.Repeat("}", n-1) }},
		{"dotted keys", func(n int) string { return "\na" + strings.Repeat(".a", n-1) + " = 1" }},
		{"table names", func(n int) string { return "\n[a" + strings.Repeat(".a", n-1) + "]" }},
	} {
		if _, err := scanLines(c.text(maxDepth)); err != nil {
			t.Errorf("%s, %d levels: %v", c.name, maxDepth, err)
		}
		lines, err := scanLines(c.text(maxDepth + 1))
		if err != errDepth || lines[""] != 2 {
			t.Errorf("%s, %d levels: line %d: %v, want line 2: %v", c.name, maxDepth+1, lines[""], err, errDepth)
		}
	}
}

// compareKeys holds the scan against the decoder: where a document parses, the
// scan sees the same keys in the same order, and every value of the tree has a
// line within the document.
func compareKeys(t *testing.T, text string) {
	t.Helper()
	s := newScanner(text)
	var got []string
	s.onKey = func(key []string) { got = append(got, toml.Key(key).String()) }
	s.document()
	if s.err != nil {
		return
	}
	values, lines, err := decodeText(text)
	if err != nil {
		return
	}
	meta, err := toml.Decode(text, &map[string]any{})
	if err != nil {
		t.Fatalf("%q decodes once and then not: %v", text, err)
	}
	var want []string
	for _, key := range meta.Keys() {
		want = append(want, key.String())
	}
	if !slices.Equal(got, want) {
		t.Errorf("keys of %q:\ngot  %q\nwant %q", text, got, want)
	}
	everyLine(t, text, "", values, lines)
}

func everyLine(t *testing.T, text, path string, v any, lines map[string]int) {
	t.Helper()
	if line := lines[path]; path != "" && (line < 1 || line > strings.Count(text, "\n")+1) {
		t.Errorf("%q: %s has line %d", text, path, line)
	}
	switch v := v.(type) {
	case map[string]any:
		for key, child := range v {
			everyLine(t, text, JoinKey(path, key), child, lines)
		}
	case []map[string]any:
		for i, child := range v {
			everyLine(t, text, joinIndex(path, i), child, lines)
		}
	case []any:
		for i, child := range v {
			everyLine(t, text, joinIndex(path, i), child, lines)
		}
	}
}

func FuzzLines(f *testing.F) {
	for _, text := range []string{
		"a = 1\n[b]\nc.d = 'x'\n[[e]]\nf = [1, {g = 2}]\n[[e]]\n[e.h]\n",
		"a = \"\"\"\n\\\"\"\"\"\"\"\nb = '''x'''''\n",
		"\"\\u00e9\" = {a.b = [[{}], []], c = 1979-05-27 07:32:00}\r\n# end",
		"a = [ # x\n1,\n]\n[a.b]\n",
		"\xef\xbb\xbf[ x . 'y' ] # z\nw=+1e5\n",
	} {
		f.Add(text)
	}
	f.Fuzz(compareKeys)
}
