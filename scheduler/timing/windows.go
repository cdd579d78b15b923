package timing

import (
	"bitline/scheduler"
	"bitline/workloads"
)

// lastPixel is the last position of its input that an output position sees.
func lastPixel(n *workloads.Node, pos int) int { return scheduler.LastSeen(n, pos) }

// eachPixel visits the positions of its input that an output position sees, in
// order, with the place in the window.
func eachPixel(n *workloads.Node, pos int, visit func(offset, pixel int)) {
	scheduler.EachSeen(n, pos, visit)
}
