package timing

import (
	"encoding/json"
	"fmt"
	"strconv"

	"bitline/arch"
	"bitline/internal/units"
	"bitline/scheduler"
)

// track is where the spans of a resource are shown: one thread for each of its
// servers.
type track struct {
	pid, tid int32
	names    []string
	named    []bool
	until    []units.Time
	crossbar []int32 // of each lane, in the IMA
}

// The processes of a trace: the host, the network of each chip, each tile.
const (
	hostProcess = 1
	chipProcess = 2
)

// The tracks of a tile: what its layers share, and then IMA by IMA the crossbars,
// the converters and the shift-and-add units.
const firstIMATrack = 8

// head begins the JSON.
func (w *traceWriter) head() {
	w.text(`{"displayTimeUnit":"ns","otherData":{"chip":` + quote(w.b.Chip.Name) + `,"network":` + quote(w.b.Mapping.Network) + `,"from_us":"`)
	w.line = appendMicroseconds(w.line[:0], w.from)
	w.line = appendMicroseconds(append(w.line, `","to_us":"`...), w.to)
	w.write()
	w.text("\"},\"traceEvents\":[\n")
	w.process(hostProcess, "host")
	for c := range w.b.Chip.Count {
		w.process(int32(chipProcess+c), fmt.Sprintf("chip[%d] network", c))
	}
	for t := range w.m.tiles {
		w.process(w.tileProcess(int32(t)), w.b.tilePath(t))
	}
}

func (w *traceWriter) tail() { w.text("\n]}\n") }

func (w *traceWriter) tileProcess(tile int32) int32 {
	return chipProcess + int32(w.b.Chip.Count) + tile
}

// process names a process. Processes are shown in the order of their numbers.
func (w *traceWriter) process(pid int32, name string) {
	w.event(fmt.Sprintf(`{"ph":"M","pid":%d,"tid":0,"name":"process_name","args":{"name":%s}}`, pid, quote(name)))
	w.event(fmt.Sprintf(`{"ph":"M","pid":%d,"tid":0,"name":"process_sort_index","args":{"sort_index":%d}}`, pid, pid))
}

// thread names the track of a server when it is first used.
func (w *traceWriter) thread(t *track, server int32) {
	if t.named[server] {
		return
	}
	t.named[server] = true
	w.event(fmt.Sprintf(`{"ph":"M","pid":%d,"tid":%d,"name":"thread_name","args":{"name":%s}}`, t.pid, t.tid+server, quote(t.names[server])))
	w.event(fmt.Sprintf(`{"ph":"M","pid":%d,"tid":%d,"name":"thread_sort_index","args":{"sort_index":%d}}`, t.pid, t.tid+server, t.tid+server))
}

// writeSpan writes a service.
func (w *traceWriter) writeSpan(s *served) error {
	t := w.track(s)
	server, err := serverOf(t, s)
	if err != nil {
		return err
	}
	w.thread(t, server)
	l := append(w.line[:0], `{"ph":"X","pid":`...)
	l = strconv.AppendInt(l, int64(t.pid), 10)
	l = strconv.AppendInt(append(l, `,"tid":`...), int64(t.tid+server), 10)
	l = appendMicroseconds(append(l, `,"ts":`...), s.start)
	l = appendMicroseconds(append(l, `,"dur":`...), s.end-s.start)
	l = append(append(append(l, `,"name":"`...), s.what.String()...), `","args":{"layer":`...)
	l = append(l, w.layers[s.node]...)
	l = strconv.AppendInt(append(l, `,"image":`...), s.image, 10)
	l = strconv.AppendInt(append(l, `,"position":`...), s.position, 10)
	if t.crossbar != nil {
		l = strconv.AppendInt(append(l, `,"crossbar":`...), int64(t.crossbar[s.lane]), 10)
	}
	l = append(append(append(l, ',', '"'), s.what.unit()...), '"', ':')
	w.line = append(strconv.AppendInt(l, s.amount, 10), '}', '}')
	w.comma()
	w.write()
	return w.err
}

// writeCount writes a counter.
func (w *traceWriter) writeCount(c *count, at units.Time) {
	c.written = c.value
	l := append(w.line[:0], `{"ph":"C","pid":`...)
	l = strconv.AppendInt(l, int64(c.pid), 10)
	l = appendMicroseconds(append(l, `,"ts":`...), at)
	l = append(append(append(l, `,"name":`...), c.name...), `,"args":{"`...)
	l = append(append(l, c.unit...), '"', ':')
	w.line = append(strconv.AppendInt(l, c.value, 10), '}', '}')
	w.comma()
	w.write()
}

// counter finds a counter, or makes it.
func (w *traceWriter) counter(of counter) *count {
	if c := w.counters[of]; c != nil {
		return c
	}
	c := &count{unit: "waiting"}
	switch {
	case of.store >= 0:
		c.pid, c.name, c.unit = w.tileProcess(of.at.owner), quote(w.storeName(of.store)), "entries"
	default:
		t := w.newTrack(of.at)
		name := t.names[0]
		if of.at.place == inADC {
			name = w.poolName(of.at)
		}
		c.pid, c.name = t.pid, quote("queue of "+name)
	}
	w.counters[of] = c
	w.order = append(w.order, c)
	return c
}

// storeName says what lies in a store, in words that no other of its tile has.
func (w *traceWriter) storeName(i int32) string {
	s := &w.m.stores[i]
	name := w.b.nodes[s.node].Name
	switch {
	case s.teams != nil:
		return fmt.Sprintf("input of %s (of %d)", name, s.slots)
	case s.copy >= 0:
		return fmt.Sprintf("addend of %s, copy %d (of %d)", name, s.copy, s.slots)
	}
	return fmt.Sprintf("windows of %s (of %d)", name, s.slots)
}

// track finds the track of a span's resource, or makes it.
func (w *traceWriter) track(s *served) *track {
	if t := w.tracks[s.at]; t != nil {
		return t
	}
	t := w.newTrack(s.at)
	w.tracks[s.at] = t
	return t
}

func (w *traceWriter) newTrack(at site) *track {
	t := &track{pid: hostProcess, tid: 1}
	switch at.place {
	case inHost:
		t.names = []string{arch.HostPort}
	case inLink:
		n := &w.m.net
		t.pid, t.tid, t.names = chipProcess+at.owner/n.perChip, 1+at.owner%n.perChip, []string{n.name(at.owner)}
	case inCrossbar, inADC, inShiftAdd:
		w.imaTrack(t, at)
	default:
		t.pid, t.tid = w.tileProcess(at.owner), 1+int32(at.place)
		t.names = []string{[]string{"eDRAM port and bus", "shift-and-add", "activation", "pool"}[at.place]}
	}
	t.until, t.named = make([]units.Time, len(t.names)), make([]bool, len(t.names))
	return t
}

// imaTrack places the track of a part of an IMA.
func (w *traceWriter) imaTrack(t *track, at site) {
	imas := int32(w.b.Chip.Tile.IMAs)
	crossbars, converters := int32(w.b.Chip.IMA.Crossbars), int32(w.b.Chip.ADC.PerIMA)
	number := at.owner % imas
	t.pid = w.tileProcess(at.owner / imas)
	t.tid = firstIMATrack + number*(crossbars+converters+1)
	kind, arrays := w.ima(at.owner)
	pair := len(arrays) / len(kind.lanes)
	for l := range kind.lanes {
		t.crossbar = append(t.crossbar, arrays[l*pair].Crossbar)
	}
	switch at.place {
	case inCrossbar:
		first := t.crossbar[at.part]
		t.tid += first
		t.names = []string{fmt.Sprintf("ima[%d].crossbar[%d]", number, first)}
		if pair == 2 {
			t.names[0] = fmt.Sprintf("ima[%d].crossbar[%d,%d]", number, first, arrays[int(at.part)*2+1].Crossbar)
		}
	case inADC:
		t.tid += crossbars
		for _, n := range kind.pools[:at.part] {
			t.tid += int32(n)
		}
		for k := range kind.pools[at.part] {
			t.names = append(t.names, fmt.Sprintf("%s[%d]", w.poolName(at), k))
		}
	case inShiftAdd:
		t.tid += crossbars + converters
		t.names = []string{fmt.Sprintf("ima[%d].shift-and-add", number)}
	}
}

// poolName names the converters of a pool.
func (w *traceWriter) poolName(at site) string {
	number := at.owner % int32(w.b.Chip.Tile.IMAs)
	if kind, _ := w.ima(at.owner); len(kind.pools) > 1 {
		return fmt.Sprintf("ima[%d].adc.slice[%d]", number, at.part)
	}
	return fmt.Sprintf("ima[%d].adc", number)
}

// ima finds an IMA's kind and arrays.
func (w *traceWriter) ima(number int32) (kind *imaKind, arrays []scheduler.Array) {
	tile := number / int32(w.b.Chip.Tile.IMAs)
	for i := range w.m.teams {
		t := &w.m.teams[i]
		if t.tile != tile {
			continue
		}
		eachIMA(t.arrays, func(a []scheduler.Array) {
			if a[0].IMA == number {
				kind, arrays = w.b.kindOf(t.layer, a), a
			}
		})
	}
	return kind, arrays
}

// event writes one that is complete.
func (w *traceWriter) event(text string) {
	w.comma()
	w.text(text)
}

// comma parts events.
func (w *traceWriter) comma() {
	if w.events++; w.events > 1 {
		w.text(",\n")
	}
	if w.events > w.most && w.err == nil {
		w.err = fmt.Errorf("%d events are written and the stretch from %v to %v is not over, want a shorter one", w.most, w.from, w.to)
	}
}

func (w *traceWriter) text(s string) {
	if _, err := w.out.WriteString(s); w.err == nil {
		w.err = err
	}
}

func (w *traceWriter) write() {
	if _, err := w.out.Write(w.line); w.err == nil {
		w.err = err
	}
}

// appendMicroseconds writes a time exactly, in µs, of which a femtosecond is a
// thousand-millionth.
func appendMicroseconds(to []byte, t units.Time) []byte {
	to = strconv.AppendInt(to, int64(t/units.Microsecond), 10)
	rest := t % units.Microsecond
	if rest == 0 {
		return to
	}
	to = append(to, '.')
	for unit := units.Microsecond / 10; rest > 0; unit /= 10 {
		to = append(to, byte('0'+rest/unit))
		rest %= unit
	}
	return to
}

// quote is a text as JSON. Every text can be written as such.
func quote(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic("timing: " + err.Error())
	}
	return string(text)
}
