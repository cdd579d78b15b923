package sweep

import "testing"

// A forecast comes to every point once, also where their number is a multiple of its
// stride.
func TestScattered(t *testing.T) {
	for _, n := range []int{1, 2, 10, stride - 1, stride, stride + 1, 2 * stride, stride * (stride + 1)} {
		seen := map[int]bool{}
		for i := range min(n, 3*stride) {
			at := scattered(i, n)
			if at < 0 || at >= n || seen[at] {
				t.Fatalf("of %d, number %d is %d, want one from 0 that was not there before", n, i, at)
			}
			seen[at] = true
		}
	}
}
