// Package scheduler brings a network onto a chip: Map places the blocks of its
// layers on crossbars and deals the positions of an image to the copies of each
// layer, TrafficOf says what that moves between tiles, and a Replayer computes the
// values that come out. Package timing simulates when what happens.
package scheduler
