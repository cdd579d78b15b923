package gemm

// kernelPortable runs the chains of a tile in Go, six at a time: as many as the
// compiler keeps in registers with their operands. Its panels of b are packed.
// The conversions of the products to float32 keep compilers from fusing them
// with the sums.
func kernelPortable(t *tile) {
	i := 0
	for ; i+3 <= t.rows; i += 3 {
		for j := 0; j < tileCols; j += 2 {
			portable3x2(t, i, j)
		}
	}
	for ; i < t.rows; i++ {
		for j := 0; j < tileCols; j += 4 {
			portable1x4(t, i, j)
		}
	}
}

func portable3x2(t *tile, i, j int) {
	c0 := (*[2]float32)(t.c[i*t.cRow+j:])
	c1 := (*[2]float32)(t.c[(i+1)*t.cRow+j:])
	c2 := (*[2]float32)(t.c[(i+2)*t.cRow+j:])
	var s00, s01, s10, s11, s20, s21 float32
	if t.load {
		s00, s01 = c0[0], c0[1]
		s10, s11 = c1[0], c1[1]
		s20, s21 = c2[0], c2[1]
	}
	a0, a1, a2 := t.a[i*t.aRow:], t.a[(i+1)*t.aRow:], t.a[(i+2)*t.aRow:]
	b, ka, step := t.b, 0, t.aCol
	for kb := j; kb < len(b)-1; kb += tileCols {
		v, w := b[kb], b[kb+1]
		x := a0[ka]
		s00 += float32(x * v)
		s01 += float32(x * w)
		x = a1[ka]
		s10 += float32(x * v)
		s11 += float32(x * w)
		x = a2[ka]
		s20 += float32(x * v)
		s21 += float32(x * w)
		ka += step
	}
	c0[0], c0[1] = s00, s01
	c1[0], c1[1] = s10, s11
	c2[0], c2[1] = s20, s21
}

func portable1x4(t *tile, i, j int) {
	c := (*[4]float32)(t.c[i*t.cRow+j:])
	var s0, s1, s2, s3 float32
	if t.load {
		s0, s1, s2, s3 = c[0], c[1], c[2], c[3]
	}
	a, b, ka, step := t.a[i*t.aRow:], t.b, 0, t.aCol
	for kb := j; kb < len(b)-3; kb += tileCols {
		x := a[ka]
		s0 += float32(x * b[kb])
		s1 += float32(x * b[kb+1])
		s2 += float32(x * b[kb+2])
		s3 += float32(x * b[kb+3])
		ka += step
	}
	c[0], c[1], c[2], c[3] = s0, s1, s2, s3
}
