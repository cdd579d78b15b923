package workloads

import "testing"

// An average is over any window that a network can have. 2901² codes of 255 add up to
// 2,146,029,255, just less than 2^31; 2902² to 2,147,509,020, just more.
func TestAverageOfLargeWindows(t *testing.T) {
	for _, side := range []int{2901, 2902} {
		for _, kind := range []Kind{GlobalPool, AvgPool} {
			l := Node{
				Layer:  Layer{Kind: kind},
				In:     Shape{Height: side, Width: side, Channels: 1},
				Out:    Shape{Height: 1, Width: 1, Channels: 1},
				Window: Window{Height: side, Width: side, Stride: 1},
			}
			x, y := make([]int16, side*side), make([]int16, 1)
			for i := range x {
				x[i] = 255
			}
			for _, want := range []int16{255, -255} {
				if pool(&l, y, x, 1); y[0] != want {
					t.Errorf("%s of %d × %d codes of %d is %d", kind, side, side, want, y[0])
				}
				for i := range x {
					x[i] = -255
				}
			}
		}
	}
}

// roundQuotient rounds half to even, on both sides of 0 and of what 32 bits hold.
func TestRoundQuotient(t *testing.T) {
	for _, tt := range []struct{ a, b, want int64 }{
		{5, 2, 2}, {7, 2, 4}, {-5, 2, -2}, {-7, 2, -4}, {-1, 2, 0}, {1, 2, 0},
		{8, 3, 3}, {7, 3, 2}, {-8, 3, -3}, {-7, 3, -2}, {0, 9, 0}, {-9, 9, -1},
		{5 << 31, 1 << 32, 2}, {5<<31 + 1, 1 << 32, 3}, {7 << 31, 1 << 32, 4}, {-5 << 31, 1 << 32, -2}, {-5<<31 - 1, 1 << 32, -3},
	} {
		if got := roundQuotient(tt.a, tt.b); got != tt.want {
			t.Errorf("%d/%d is %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
