package config

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// files makes a file system of pairs of a name and a text.
func files(pairs ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return m
}

func TestLoadMerges(t *testing.T) {
	src := Source{files(
		"chips/isaac.toml", "tiles = 168\nlayers = [1, 2, 3]\n[adc]\nbits = 8\nlaw = 'linear'\n",
		"chips/half.toml", "base = 'isaac'\ntiles = 84\n[adc]\nlaw = 'rc'\n[[part]]\na = 1\n[[part]]\na = 2\n",
		"chips/mine.toml", "base = 'half.toml'\nlayers = [9]\nadc.rate = '1GHz'\n[[part]]\na = 3\n",
	), "chips", nil}
	root, err := Load(src, "mine", []string{"adc.bits=5", "tiles=80", "tiles=81", "new.word = some text"})
	if err != nil {
		t.Fatal(err)
	}
	adc, parts := root.Table("adc"), root.Tables("part")
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"tiles, the last override", root.Int("tiles", 0, 0, 1000), 81},
		{"tiles, where", root.Where("tiles"), "--set tiles"},
		{"adc.bits", adc.Int("bits", 0, 0, 1000), 5},
		{"adc.bits, where", adc.Where("bits"), "--set adc.bits"},
		{"adc.law of the middle file", adc.String("law", ""), "rc"},
		{"adc.law, where", adc.Where("law"), "chips/half.toml:4"},
		{"adc.rate of the top file", adc.String("rate", ""), "1GHz"},
		{"adc, where a file last named it", root.Where("adc"), "chips/mine.toml:3"},
		{"an absent key lies at its table", adc.Where("power"), "chips/mine.toml:3"},
		{"an absent table lies in the file", root.Table("none").Where("x"), "chips/mine.toml"},
		{"layers, replaced as a whole", len(root.Ints("layers", nil, 0, 9)), 1},
		{"part, replaced as a whole", len(parts), 1},
		{"part[0].a", parts[0].Int("a", 0, 0, 9), 3},
		{"new.word, not TOML", root.Table("new").String("word", ""), "some text"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, c.got, c.want)
		}
	}
	if err := root.Finish(); err != nil {
		t.Error(err)
	}
}

// With a memo files are read once, and what one reader overrides and asks for is
// nothing to the next.
func TestLoadRemembers(t *testing.T) {
	fsys := files("d/a.toml", "base = 'b'\nx = 1\n[t]\ny = [1, 2]\n", "d/b.toml", "z = 5\nx = 2\n", "e/a.toml", "x = 3\n")
	memo := &Memo{}
	src, other := Source{fsys, "d", memo}, Source{fsys, "e", memo}
	first, err := Load(src, "a", []string{"x=7", "t.y=[9]", "new=1"})
	if err != nil {
		t.Fatal(err)
	}
	if x := first.Int("x", 0, 0, 9); x != 7 {
		t.Errorf("x is %d, want 7, the override", x)
	}
	fsys["d/a.toml"].Data = []byte("x = 8\n")
	second, err := Load(src, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	x, y, z := second.Int("x", 0, 0, 9), second.Table("t").Ints("y", nil, 0, 9), second.Int("z", 0, 0, 9)
	if x != 1 || !slices.Equal(y, []int{1, 2}) || z != 5 || second.Has("new") || second.Where("x") != "d/a.toml:2" {
		t.Errorf("x, y, z are %d of %s, %v, %d, want 1 of d/a.toml:2, [1 2], 5 as the files were", x, second.Where("x"), y, z)
	}
	third, err := Load(src, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := third.Finish(); err == nil || !strings.Contains(err.Error(), "unknown key x") {
		t.Errorf("error %v, want that nobody has asked for x of this one", err)
	}
	if elsewhere, err := Load(other, "a", nil); err != nil || elsewhere.Int("x", 0, 0, 9) != 3 {
		t.Errorf("error %v, want the file of that name of another kind", err)
	}
	fresh, err := Load(Source{fsys, "d", nil}, "a", nil)
	if err != nil || fresh.Int("x", 0, 0, 9) != 8 {
		t.Errorf("error %v, want the file as it is now without a memo", err)
	}
}

func TestLoadErrors(t *testing.T) {
	deep := files()
	for i := range maxChain + 1 {
		deep["d/"+string(rune('a'+i))+".toml"] = &fstest.MapFile{Data: []byte("base = '" + string(rune('a'+i+1)) + "'\n")}
	}
	for _, c := range []struct {
		name string
		fsys fstest.MapFS
		load string
		want string
	}{
		{"unknown name", files("d/isaac.toml", "", "d/puma.toml", "", "d/readme.md", ""), "isac",
			`unknown name "isac" in d, want isaac, puma or the path of a .toml file, did you mean isaac?`},
		{"no names", files(), "isaac", `unknown name "isaac", want the path of a .toml file`},
		{"empty name", files("d/a.toml", ""), "", `unknown name "" in d, want a or the path of a .toml file`},
		{"no file", files(), "none/x.toml", "reading none/x.toml: no such file or directory"},
		{"missing base", files("d/a.toml", "x = 1\nbase = 'b.toml'\n"), "a",
			`d/a.toml:2: key base is "b.toml": reading d/b.toml: file does not exist`},
		{"unknown base", files("d/a.toml", "base = 'b'\n"), "a",
			`d/a.toml:1: key base is "b": unknown name "b" in d, want a or the path of a .toml file`},
		{"base of another type", files("d/a.toml", "\n[base]\nx = 1\n"), "a",
			"d/a.toml:2: key base is a table, want the name of a file"},
		{"circle of one", files("d/a.toml", "base = 'a'\n"), "a",
			`d/a.toml:1: key base is "a": the files start from one another in a circle`},
		{"circle of two", files("d/a.toml", "base = 'b.toml'\n", "d/b.toml", "\nbase = './a.toml'\n"), "a",
			`d/b.toml:2: key base is "./a.toml": the files start from one another in a circle`},
		{"chain", deep, "a", `d/p.toml:1: key base is "q": more than 16 files start from one another`},
		{"out of the folder", files("d/a.toml", "base = '../e/b.toml'\n", "e/b.toml", ""), "a",
			`d/a.toml:1: key base is "../e/b.toml": an embedded file starts from one in d`},
		{"absolute base", files("d/a.toml", "base = '/b.toml'\n", "d/b.toml", ""), "a",
			`d/a.toml:1: key base is "/b.toml": an embedded file starts from one in d`},
		{"not TOML", files("d/a.toml", "a = 1\n\nb = \n"), "a", `d/a.toml:3: expected value but found '\n' instead`},
		{"not TOML in a base", files("d/a.toml", "base = 'b'\n", "d/b.toml", "\n[x\n"), "a",
			`d/b.toml:2: expected '.' or ']' to end table name, but got '\n' instead`},
		{"open string", files("d/a.toml", "a = 'x\nb = 1\n"), "a", "d/a.toml:1: strings cannot contain newlines"},
		{"open array", files("d/a.toml", "\na = [1,\n2\n"), "a",
			"d/a.toml:3: expected a comma (',') or array terminator (']'), but got end of file"},
		{"key twice", files("d/a.toml", "a = 1\na = 2\n"), "a", `d/a.toml:2: key 'a' has already been defined`},
		{"text of another encoding", files("d/a.toml", "a = '\xff'\n"), "a", "d/a.toml:1: invalid UTF-8 byte: 0xff"},
		{"too deep", files("d/a.toml", "\na = "+strings.Repeat("[", maxDepth+1)), "a", "d/a.toml:2: nested deeper than 32 levels"},
		{"too large", files("d/a.toml", strings.Repeat("#", maxSize+1)), "a", "d/a.toml: has more than 1048576 bytes"},
	} {
		_, err := Load(Source{c.fsys, "d", nil}, c.load, nil)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s:\ngot  %v\nwant %s", c.name, err, c.want)
		}
	}
}

func TestLoadLargest(t *testing.T) {
	if _, err := Parse("a.toml", []byte(strings.Repeat("#", maxSize)), nil); err != nil {
		t.Errorf("a file of exactly the largest size: %v", err)
	}
}

// TestLoadDisk starts from a file beside the referrer, from one in a folder
// below, and from an embedded one.
func TestLoadDisk(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"top.toml":     "base = 'sub/mid.toml'\na = 1\n",
		"sub/mid.toml": "base = 'low.toml'\nb = 2\n",
		"sub/low.toml": "base = 'isaac'\nc = 3\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	src := Source{files("chips/isaac.toml", "d = 4\n"), "chips", nil}
	root, err := Load(src, filepath.Join(dir, "top.toml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, key := range []string{"a", "b", "c", "d"} {
		if got := root.Int(key, 0, 0, 9); got != i+1 {
			t.Errorf("%s = %d, want %d", key, got, i+1)
		}
	}
	want := filepath.Join(dir, "sub", "mid.toml") + ":2"
	if got := root.Where("b"); got != want {
		t.Errorf("b was written in %s, want %s", got, want)
	}
	if _, err := Load(src, filepath.Join(dir, "none.toml"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file gives %v, want fs.ErrNotExist", err)
	}
	if _, err := Load(src, dir+"/", nil); err == nil {
		t.Error("a folder was read as a file")
	}
}

func TestSet(t *testing.T) {
	for _, c := range []struct {
		set  string
		path []string
		want any
	}{
		{"a=5", []string{"a"}, int64(5)},
		{"a.b=5.5", []string{"a", "b"}, 5.5},
		{"a=linear", []string{"a"}, "linear"},
		{"a = linear ", []string{"a"}, "linear"},
		{`a="5"`, []string{"a"}, "5"},
		{"a=50ns", []string{"a"}, "50ns"},
		{"a=1.28GHz", []string{"a"}, "1.28GHz"},
		{"a=true", []string{"a"}, true},
		{"a=", []string{"a"}, ""},
		{"a=x=y", []string{"a"}, "x=y"},
		{`"a.b".'c d'=1`, []string{"a.b", "c d"}, int64(1)},
		{"a=1\nb = 2", []string{"a"}, "1\nb = 2"}, // one override sets one key
		{"a=[1, 2", []string{"a"}, "[1, 2"},
	} {
		root, err := Parse("f.toml", nil, []string{c.set})
		if err != nil {
			t.Errorf("--set %s: %v", c.set, err)
			continue
		}
		for _, key := range c.path[:len(c.path)-1] {
			root = root.Table(key)
		}
		if got, _ := root.Value(c.path[len(c.path)-1]); got != c.want {
			t.Errorf("--set %s gives %#v, want %#v", c.set, got, c.want)
		}
	}
	_, err := Parse("f.toml", nil, []string{"a", "=5", "a[0]=5", "base=x"})
	const want = `--set a: want KEY=VALUE such as adc.bits=5
--set =5: want KEY=VALUE such as adc.bits=5
--set a[0]=5: want KEY=VALUE such as adc.bits=5
--set base: only a file can name its base`
	if err == nil || err.Error() != want {
		t.Errorf("wrong overrides:\ngot\n%v\nwant\n%s", err, want)
	}
}

func TestParseBase(t *testing.T) {
	const want = "f.toml:2: key base: only a file can start from another"
	if _, err := Parse("f.toml", []byte("\nbase = 'x'\n"), nil); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// readAll asks for every key of a document, with every method.
func readAll(t *Table, depth int) {
	for _, key := range append(t.Keys(), "none") {
		t.Has(key)
		t.Require(key)
		t.Value(key)
		t.String(key, "")
		t.Bool(key, false)
		t.Int(key, 0, math.MinInt, 5)
		t.Float(key, 0, math.Inf(-1), 5)
		t.Enum(key, "", "linear", "rc")
		t.Ints(key, nil, 1, 5)
		t.Strings(key, nil)
		t.Time(key, 0)
		t.Energy(key, 0)
		t.Power(key, 0)
		t.Area(key, 0)
		t.Frequency(key, 0)
		for _, sub := range append(t.Tables(key), t.Table(key)) {
			if depth > 0 {
				readAll(sub, depth-1)
			}
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("base = 'b.toml'\n[adc]\nbits = 40\n", "adc = 1\n", "adc.bits=5")
	f.Add("base = 'b'\n[[a]]\nx = [1, [2], {y = '1ns'}]\n", "base = 'a'\n", "a.x={z = nan}")
	f.Add("base = '../b.toml'\nd = 1979-05-27\n", "", "\"\\u0000\"=0")
	f.Fuzz(func(t *testing.T, text, base, set string) {
		src := Source{files("d/a.toml", text, "d/b.toml", base), "d", nil}
		for _, sets := range [][]string{nil, {set}} {
			root, err := Load(src, "a", sets)
			if err != nil {
				if strings.TrimSpace(err.Error()) == "" {
					t.Error("an error without a text")
				}
				continue
			}
			readAll(root, 6)
			first, second := root.Finish(), root.Finish()
			if (first == nil) != (second == nil) || first != nil && first.Error() != second.Error() {
				t.Errorf("Finish says %v and then %v", first, second)
			}
		}
	})
}
