package bitline_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the path that imports of the project's own packages begin with.
const module = "bitline"

// layers are the project's packages from the bottom up. A package may import
// those of layers below its own, and none beside or above it.
var layers = [][]string{
	{"configs", "internal/units", "internal/exact", "internal/atomicfile", "internal/filelock", "internal/wholefile"},
	{"internal/config", "internal/gemm", "internal/npy", "internal/report", "scheduler/sim"},
	{"internal/cost", "internal/page", "internal/plot"},
	{"adc"},
	{"crossbar", "tile"},
	{"workloads"},
	{"workloads/train", "workloads/fetch", "arch"},
	{"scheduler"},
	{"scheduler/timing"},
	{"internal/pipeline"},
	{"internal/reproduce", "internal/sweep"},
	{"cmd/bitline"},
}

// level is the layer of a package, or -1.
func level(pkg string) int {
	return slices.IndexFunc(layers, func(l []string) bool { return slices.Contains(l, pkg) })
}

// imports lists the project's own packages that each package imports, tests and
// the sources of other modules left out, by the file that does so.
func imports(t *testing.T, root fs.FS) map[string][][2]string {
	t.Helper()
	found := map[string][][2]string{}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return skip(root, name)
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := path.Dir(name)
		found[pkg] = append(found[pkg], nil...) // a package that imports nothing is one too
		for _, spec := range file.Imports {
			target, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if own, ok := strings.CutPrefix(target, module+"/"); ok {
				found[pkg] = append(found[pkg], [2]string{own, name})
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// skip leaves out hidden folders, test data and the trees of other modules.
func skip(root fs.FS, name string) error {
	if name == "." {
		return nil
	}
	if base := path.Base(name); base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return fs.SkipDir
	}
	if _, err := fs.Stat(root, path.Join(name, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

// offences lists the imports that do not run down the layers.
func offences(found map[string][][2]string) []string {
	var list []string
	for pkg, targets := range found {
		from := level(pkg)
		if from < 0 {
			list = append(list, fmt.Sprintf("package %s is in no layer: give it its place in the list of layers", pkg))
			continue
		}
		for _, target := range targets {
			if to := level(target[0]); to >= from {
				list = append(list, fmt.Sprintf("%s imports %s of layer %d, want layers below %d", target[1], target[0], to, from))
			}
		}
	}
	slices.Sort(list)
	return list
}

// Imports run one way, from the command down to units.
func TestImportsRunOneWay(t *testing.T) {
	found := imports(t, os.DirFS("."))
	for _, offence := range offences(found) {
		t.Error(offence)
	}
	for i, layer := range layers {
		for _, pkg := range layer {
			if _, ok := found[pkg]; !ok {
				t.Errorf("package %s of layer %d is not there", pkg, i)
			}
		}
	}
	if len(found["configs"]) > 0 {
		t.Errorf("configs imports %v, want nothing of the project's", found["configs"])
	}
}

// The test sees what it forbids.
func TestOffencesAreFound(t *testing.T) {
	got := offences(map[string][][2]string{
		"adc":       {{"internal/units", "adc/a.go"}, {"arch", "adc/b.go"}, {"tile", "adc/c.go"}},
		"tile":      {{"crossbar", "tile/a.go"}, {"adc", "tile/a.go"}},
		"somewhere": nil,
	})
	want := []string{
		"adc/b.go imports arch of layer 6, want layers below 3",
		"adc/c.go imports tile of layer 4, want layers below 3",
		"package somewhere is in no layer: give it its place in the list of layers",
		"tile/a.go imports crossbar of layer 4, want layers below 4",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
