package sweep

import (
	"fmt"
	"strings"
	"testing"
)

// axes are so many axes of a key each that has a range.
func axes(n int, more string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "[[axis]]\nkey = 'adc.k%d'\nrange = {from = 1, to = 2%s}\n", i, more)
	}
	return b.String()
}

// A small file does not fill the memory: places on the axes of a Latin hypercube, and
// the values of ranges, are bounded.
func TestWhatIsHeldIsBounded(t *testing.T) {
	const unknown = "unknown key adc.k0" // what a file that passes is told next
	for _, c := range []struct{ name, text, want string }{
		{"a million points on 51 axes", axes(51, "") + "[sample]\nkind = 'random'\npoints = 1000000\n", unknown},
		{"in a hypercube on 51", axes(51, "") + "[sample]\nkind = 'latin-hypercube'\npoints = 1000000\n",
			"s.toml:157: key sample.points is 1000000 on 51 axes, want at most 980392 on so many in a latin-hypercube"},
		{"a thousand points in one", axes(51, "") + "[sample]\nkind = 'latin-hypercube'\npoints = 1000\n", unknown},
		{"as many steps on a sample's axes as none has", axes(5, ", steps = 65536") + "[sample]\nkind = 'random'\npoints = 3\n", unknown},
		{"2^18 steps", axes(4, ", steps = 65536, round = true"), unknown},
		{"2^18 and one", axes(4, ", steps = 65536, round = true") + "[[axis]]\nkey = 'adc.k4'\nrange = {from = 1, to = 2, steps = 1}\n",
			"s.toml:16: key axis[4].range.steps is 1, which makes 262145 of all ranges so far, want at most 262144"},
	} {
		_, err := read(t, base+c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %.200v, want %s", c.name, err, c.want)
		}
	}
}
