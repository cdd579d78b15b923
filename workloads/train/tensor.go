package train

import (
	"bitline/internal/gemm"
	"bitline/workloads"
)

// tensor holds the values of a layer for a batch: planes of one position each,
// in the order row, column; in a plane a row of pitch values for every image, the
// channels adjacent. Values behind the channels are 0. So a place of a kernel
// sees a plane, which is a matrix of images × channels, and a convolution is a sum
// of products of such matrices.
type tensor struct {
	shape workloads.Shape
	pitch int
	rows  int // images of the batch
	data  []float32
}

// pitchOf is the channels with what pads them to whole vectors.
func pitchOf(channels int) int {
	return (channels + gemm.ChannelUnit - 1) / gemm.ChannelUnit * gemm.ChannelUnit
}

// newTensor makes room for so many images.
func newTensor(shape workloads.Shape, pitch, images int) tensor {
	return tensor{shape: shape, pitch: pitch, rows: images, data: make([]float32, shape.Height*shape.Width*images*pitch)}
}

func (t *tensor) positions() int { return t.shape.Height * t.shape.Width }

// plane is the first value of a position.
func (t *tensor) plane(position int) int { return position * t.rows * t.pitch }

// values are all values of the batch.
func (t *tensor) values() []float32 { return t.data[:t.plane(t.positions())] }

// elementChunk is about how many values one task of an elementwise pass takes. It
// is a constant, so that sums do not depend on the workers.
const elementChunk = 1 << 15

// chunks is the number of tasks of an elementwise pass, each of whole rows.
func (t *tensor) chunks() int { return (t.positions()*t.rows + t.chunkRows() - 1) / t.chunkRows() }

func (t *tensor) chunkRows() int { return max(elementChunk/t.pitch, 1) }

// bounds are the first value of a chunk and the one after its last.
func (t *tensor) bounds(chunk int) (lo, hi int) {
	size := t.chunkRows() * t.pitch
	return chunk * size, min((chunk+1)*size, t.plane(t.positions()))
}

// imageBlock is how many images one task of a pass over planes takes.
const imageBlock = 64

// blocks is the number of blocks of images.
func (t *tensor) blocks() int { return (t.rows + imageBlock - 1) / imageBlock }

// block is the first image of a block and the number of its images.
func (t *tensor) block(i int) (first, count int) {
	return i * imageBlock, min(imageBlock, t.rows-i*imageBlock)
}
