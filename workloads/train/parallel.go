package train

import (
	"sync"
	"sync/atomic"
)

// chunk is how many elements of a tensor one task of an elementwise pass takes.
// It is a constant, so that the cut into tasks does not depend on the workers.
const chunk = 4096

// spread calls f for every task from 0 to tasks−1. Worker w takes tasks w,
// w+workers, …; with one worker nothing is allocated.
func spread(workers, tasks int, f func(task int)) {
	n := min(workers, tasks)
	if n <= 1 {
		for i := range tasks {
			f(i)
		}
		return
	}
	var wg sync.WaitGroup
	for w := range n {
		wg.Go(func() {
			for i := w; i < tasks; i += n {
				f(i)
			}
		})
	}
	wg.Wait()
}

// each calls f for every task from 0 to tasks−1, from several goroutines that take
// the next task when they have done one; worker, below workers, is the goroutine's
// number.
func each(workers, tasks int, f func(worker, task int)) {
	n := min(workers, tasks)
	if n <= 1 {
		for i := range tasks {
			f(0, i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range n {
		wg.Go(func() {
			for {
				task := int(next.Add(1)) - 1
				if task >= tasks {
					return
				}
				f(w, task)
			}
		})
	}
	wg.Wait()
}
