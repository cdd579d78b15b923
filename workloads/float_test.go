package workloads

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// bruteFloat is a network in float64, image by image, straight from the
// definitions: values by layer in the order row, column, channel.
func bruteFloat(f *Float, input InputCodes, image []uint8) map[string][][][]float64 {
	in := f.Network.Input
	values := map[string][][][]float64{}
	for y := range in.Height {
		var row [][]float64
		for x := range in.Width {
			var pixel []float64
			for c := range in.Channels {
				pixel = append(pixel, (float64(image[(y*in.Width+x)*in.Channels+c])-float64(input.Zero[c]))*math.Pow(2, float64(input.Scale-8)))
			}
			row = append(row, pixel)
		}
		values["image"] = append(values["image"], row)
	}
	before, matrix := "image", 0
	for _, l := range f.Network.Layers {
		from := before
		if l.Input != "" {
			from = l.Input
		}
		x := values[from]
		height, width, stride := l.Kernel, l.Kernel, l.Stride
		if l.Kind == Linear || l.Kind == GlobalPool {
			height, width, stride = len(x), len(x[0]), 1
		}
		var w *FloatLayer
		if l.Kind == Conv || l.Kind == Linear {
			w = &f.Layers[matrix]
			matrix++
		}
		for top := -l.Padding; top+height <= len(x)+l.Padding; top += stride {
			var row [][]float64
			for left := -l.Padding; left+width <= len(x[0])+l.Padding; left += stride {
				var out []float64
				if w != nil {
					out = make([]float64, w.Columns)
				} else {
					out = make([]float64, len(x[0][0]))
					for c := range out {
						if l.Kind == MaxPool {
							out[c] = math.Inf(-1)
						}
					}
				}
				for dy := range height {
					for dx := range width {
						y0, x0 := top+dy, left+dx
						if y0 < 0 || y0 >= len(x) || x0 < 0 || x0 >= len(x[0]) {
							continue
						}
						for c, v := range x[y0][x0] {
							switch {
							case w != nil:
								for n := range out {
									out[n] += v * float64(w.Weights[((dy*width+dx)*len(x[0][0])+c)*w.Columns+n])
								}
							case l.Kind == MaxPool:
								out[c] = math.Max(out[c], v)
							default:
								out[c] += v / float64(height*width)
							}
						}
					}
				}
				for n := range out {
					if w == nil {
						break
					}
					if w.Bias != nil {
						out[n] += float64(w.Bias[n])
					}
					if b := w.Norm; b != nil {
						out[n] = (out[n]-float64(b.Mean[n]))/math.Sqrt(float64(b.Variance[n])+1e-5)*float64(b.Gamma[n]) + float64(b.Beta[n])
					}
					if l.Add != "" {
						out[n] += values[l.Add][len(values[l.Name])][len(row)][n]
					}
					if l.ReLU {
						out[n] = math.Max(out[n], 0)
					}
				}
				row = append(row, out)
			}
			values[l.Name] = append(values[l.Name], row)
		}
		before = l.Name
	}
	return values
}

func randomFloat(r *rand.Rand) *Float {
	n := randomNetwork(r)
	for i := range n.Layers {
		if n.Layers[i].Kind.Matrix() {
			n.Layers[i].BatchNorm, n.Layers[i].NoBias = r.IntN(2) == 0, r.IntN(2) == 0
		}
	}
	return RandomFloat(n, r.Uint64())
}

func TestFloatEqualsPlainNetwork(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 40 {
		f := randomFloat(r)
		input := InputCodes{Scale: 2}
		for range f.Network.Input.Channels {
			input.Zero = append(input.Zero, int32(r.IntN(256)))
		}
		images := randomImages(r, f.Network.Input, 1+r.IntN(70))
		got := f.Forward(images, input)
		for i := range min(images.Len(), 5) {
			brute := bruteFloat(f, input, images.Image(i))
			want, size := brute["end"][0][0], 1.0
			for _, row := range brute { // cancellation leaves errors of the largest values
				for _, pixel := range row {
					for _, v := range pixel {
						size = max(size, math.Abs(slices.Max(v)), math.Abs(slices.Min(v)))
					}
				}
			}
			for n := range want {
				if math.Abs(float64(got[i][n])-want[n]) > 1e-4*size {
					t.Fatalf("%v: output %d of image %d is %g, want %g", f.Network, n, i, got[i][n], want[n])
				}
			}
		}
	}
}

func TestForwardDoesNotDependOnProcessors(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 8))
	f := RandomFloat(readTOML(t, "../configs/networks/lenet-5.toml"), 3)
	images := randomImages(r, f.Network.Input, 150)
	old := runtime.GOMAXPROCS(1)
	one := f.Forward(images, InputCodes{Zero: []int32{33}, Scale: 2})
	runtime.GOMAXPROCS(5)
	five := f.Forward(images, InputCodes{Zero: []int32{33}, Scale: 2})
	runtime.GOMAXPROCS(old)
	for i := range one {
		if !slices.Equal(one[i], five[i]) {
			t.Fatalf("outputs of image %d are %v and %v on 1 and 5 processors", i, one[i], five[i])
		}
	}
}

// The integer model follows the float network: outputs of the same image differ
// by little against how outputs differ between images.
func TestQuantizeFollowsFloat(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 8))
	for _, name := range []string{"lenet-5", "resnet-20"} {
		f := RandomFloat(readTOML(t, "../configs/networks/"+name+".toml"), 5)
		input := InputCodes{Zero: make([]int32, f.Network.Input.Channels), Scale: 2}
		for c := range input.Zero {
			input.Zero[c] = 120
		}
		images := randomImages(r, f.Network.Input, 12)
		m, err := f.Quantize(Quantization{WeightBits: 8, Input: input, Calibration: images})
		if err != nil {
			t.Fatal(err)
		}
		want := f.Forward(images, input)
		last := m.Layers[len(m.Layers)-1]
		step := math.Pow(2, float64(last.OutScale-8-last.Affine.F))
		var off, spread float64
		for i, v := range m.NewExecutor(m.Exact(), Options{}).Run(images) {
			for n := range v {
				d := float64(v[n])*step - float64(want[i][n])
				off += d * d
				d = float64(want[i][n]) - float64(want[(i+1)%images.Len()][n])
				spread += d * d
			}
		}
		if off > spread/20 {
			t.Errorf("%s: squared error %g of outputs that differ by %g between images, want less than a twentieth", name, off, spread)
		}
	}
}
