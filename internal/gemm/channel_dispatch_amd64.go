package gemm

//go:generate sh -c "cd gen && go run . -group channel -out ../channel_amd64.s -stubs ../channel_amd64.go -pkg gemm"

// lanes is the values of a vector.
func (l level) lanes() int {
	if l == levelAVX512 {
		return 16
	}
	return 8
}

func (l level) momentsVector(sum, square, pivot, x []float32) {
	kernel := moments256
	if l == levelAVX512 {
		kernel = moments512
	}
	channels := len(pivot)
	for c := 0; c < channels; c += l.lanes() {
		kernel(&sum[c], &square[c], &pivot[c], &x[c], len(x)/channels, channels)
	}
}

func (l level) lineVector(dst, x []float32, s *LineSpec) uint32 {
	kernels := [2][2]func(dst, x, add *float32, rows, stride int, slope, offset *float32, c *[5]float32, top *[16]uint32){
		{line256, lineRound256}, {lineAdd256, lineAddRound256},
	}
	if l == levelAVX512 {
		kernels = [2][2]func(dst, x, add *float32, rows, stride int, slope, offset *float32, c *[5]float32, top *[16]uint32){
			{line512, lineRound512}, {lineAdd512, lineAddRound512},
		}
	}
	add, round := 0, 0
	if s.Add != nil {
		add = 1
	}
	if s.Step != 0 {
		round = 1
	}
	constants := [5]float32{s.low(), s.Scale, s.High, lineMagic, s.Step}
	var tops [16]uint32
	channels := len(s.Slope)
	for c := 0; c < channels; c += l.lanes() {
		more := &x[c]
		if s.Add != nil {
			more = &s.Add[c]
		}
		kernels[add][round](&dst[c], &x[c], more, len(x)/channels, channels, &s.Slope[c], &s.Offset[c], &constants, &tops)
	}
	top := uint32(0)
	for _, t := range tops {
		top = max(top, t)
	}
	return top
}

func (l level) gateVector(s *GateSpec) {
	kernels := [2][2]func(grad, y, x, pivot, sum, product *float32, rows, stride int){{sum256, sumProduct256}, {gate256, gateProduct256}}
	if l == levelAVX512 {
		kernels = [2][2]func(grad, y, x, pivot, sum, product *float32, rows, stride int){{sum512, sumProduct512}, {gate512, gateProduct512}}
	}
	channels := len(s.Sum)
	for c := 0; c < channels; c += l.lanes() {
		gated, multiplied := 0, 0
		var y, x, pivot, product *float32
		if s.Y != nil {
			gated, y = 1, &s.Y[c]
		}
		if s.X != nil {
			multiplied, x, pivot, product = 1, &s.X[c], &s.Pivot[c], &s.Product[c]
		}
		kernels[gated][multiplied](&s.G[c], y, x, pivot, &s.Sum[c], product, len(s.G)/channels, channels)
	}
}

func (l level) blendVector(dst, g, x []float32, s *BlendSpec) {
	kernel := blend256
	if l == levelAVX512 {
		kernel = blend512
	}
	channels := len(s.A)
	for c := 0; c < channels; c += l.lanes() {
		kernel(&dst[c], &g[c], &x[c], len(g)/channels, channels, &s.A[c], &s.B[c], &s.C[c])
	}
}

func (l level) addVector(dst, src []float32) int {
	kernel := add256
	if l == levelAVX512 {
		kernel = add512
	}
	return l.flatVector(kernel, dst, src)
}

func (l level) largerVector(dst, src []float32) int {
	kernel := top256
	if l == levelAVX512 {
		kernel = top512
	}
	return l.flatVector(kernel, dst, src)
}

// flatVector runs a kernel on whole vectors and returns how many values those are.
func (l level) flatVector(kernel func(dst, src *float32, blocks int), dst, src []float32) int {
	blocks := len(dst) / l.lanes()
	if blocks > 0 {
		kernel(&dst[0], &src[0], blocks)
	}
	return blocks * l.lanes()
}

func (l level) routeVector(dst, left, y, x []float32) int {
	blocks := len(dst) / l.lanes()
	switch {
	case blocks == 0:
	case l == levelAVX512:
		route512(&dst[0], &left[0], &y[0], &x[0], blocks)
	default:
		route256(&dst[0], &left[0], &y[0], &x[0], blocks)
	}
	return blocks * l.lanes()
}
