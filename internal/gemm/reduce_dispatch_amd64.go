package gemm

//go:generate sh -c "cd gen && go run . -group reduce -out ../reduce_amd64.s -stubs ../reduce_amd64.go -pkg gemm"

// vector runs the kernels down the rows of c. check has proved the sizes. Narrow
// panels take the narrow kernel on every processor: a wide vector of c would need
// a broadcast for each multiply-add, and some have one broadcast a cycle.
func (r *Reduction) vector(l level) {
	runs := (*[2]int)(&r.Runs[0])
	if l == levelAVX512 && r.Cols == ReduceCols {
		for i := 0; i < r.Rows; i += 8 {
			r.run512(reduceTile{min(8, r.Rows-i), &r.C[i*r.CRow], &r.A[i*r.ARow], &r.B[0]}, runs)
		}
		return
	}
	for j := 0; j < r.Cols; j += ReduceCols / 2 {
		for i := 0; i < r.Rows; i += 6 {
			r.run256(reduceTile{min(6, r.Rows-i), &r.C[i*r.CRow+j], &r.A[i*r.ARow], &r.B[j]}, runs)
		}
	}
}

// reduceTile is rows of c and where its operands begin.
type reduceTile struct {
	rows    int
	c, a, b *float32
}

// run256 is a tile of at most six rows and 16 columns.
func (r *Reduction) run256(t reduceTile, runs *[2]int) {
	switch t.rows {
	case 1:
		reduce256x1(t.c, r.CRow, t.a, r.ARow, r.ACol, t.b, r.BRow, runs, len(r.Runs), r.Depth, r.Add)
	case 2:
		reduce256x2(t.c, r.CRow, t.a, r.ARow, r.ACol, t.b, r.BRow, runs, len(r.Runs), r.Depth, r.Add)
	case 3:
		reduce256x3(t.c, r.CRow, t.a, r.ARow, r.ACol, t.b, r.BRow, runs, len(r.Runs), r.Depth, r.Add)
	case 4:
		reduce256x4(t.c, r.CRow, t.a, r.ARow, r.ACol, t.b, r.BRow, runs, len(r.Runs), r.Depth, r.Add)
	case 5:
		reduce256x5(t.c, r.CRow, t.a, r.ARow, r.ACol, t.b, r.BRow, runs, len(r.Runs), r.Depth, r.Add)
	default:
		reduce256x6(t.c, r.CRow, t.a, r.ARow, r.ACol, t.b, r.BRow, runs, len(r.Runs), r.Depth, r.Add)
	}
}

// run512 is a tile of at most eight rows and 32 columns.
func (r *Reduction) run512(t reduceTile, runs *[2]int) {
	switch t.rows {
	case 1:
		reduce512x1(t.c, r.CRow, t.a, r.ARow, r.ACol, t.b, r.BRow, runs, len(r.Runs), r.Depth, r.Add)
	case 2:
		reduce512x2(t.c, r.CRow, t.a, r.ARow, r.ACol, t.b, r.BRow, runs, len(r.Runs), r.Depth, r.Add)
	case 3:
		reduce512x3(t.c, r.CRow, t.a, r.ARow, r.ACol, t.b, r.BRow, runs, len(r.Runs), r.Depth, r.Add)
	case 4:
		reduce512x4(t.c, r.CRow, t.a, r.ARow, r.ACol, t.b, r.BRow, runs, len(r.Runs), r.Depth, r.Add)
	case 5:
		reduce512x5(t.c, r.CRow, t.a, r.ARow, r.ACol, t.b, r.BRow, runs, len(r.Runs), r.Depth, r.Add)
	case 6:
		reduce512x6(t.c, r.CRow, t.a, r.ARow, r.ACol, t.b, r.BRow, runs, len(r.Runs), r.Depth, r.Add)
	case 7:
		reduce512x7(t.c, r.CRow, t.a, r.ARow, r.ACol, t.b, r.BRow, runs, len(r.Runs), r.Depth, r.Add)
	default:
		reduce512x8(t.c, r.CRow, t.a, r.ARow, r.ACol, t.b, r.BRow, runs, len(r.Runs), r.Depth, r.Add)
	}
}
