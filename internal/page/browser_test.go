package page_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bitline/internal/page"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// tab is a page in a headless browser.
type tab struct {
	*testing.T
	ctx    context.Context
	mu     sync.Mutex
	faults []string // what the page wrote to the console
}

// open shows a page; the test is skipped where there is no browser. What the page
// complains about fails the test at its end.
func open(t *testing.T, p *page.Page) *tab {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: a browser takes its time")
	}
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("skipped: pages are tried in Chromium, which is not installed")
	}
	// The pages are the test's own, and a container's root has no other sandbox.
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WindowSize(1280, 1000))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &tab{T: t, ctx: ctx}
	err := chromedp.Listen(ctx, func(event any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			b.faults = append(b.faults, e.ExceptionDetails.Text+" "+e.ExceptionDetails.Exception.Description)
		case *runtime.EventConsoleAPICalled:
			b.faults = append(b.faults, fmt.Sprintf("console.%s", e.Type))
		case *log.EventEntryAdded:
			b.faults = append(b.faults, e.Entry.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, write(t, p), 0o644); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Navigate("file://" + file))
	b.wait(`document.documentElement.dataset.ready === "yes"`)
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.faults) > 0 {
			t.Errorf("the page complains: %s", strings.Join(b.faults, "; "))
		}
	})
	return b
}

func write(t *testing.T, p *page.Page) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.Fatal(err)
	}
}

// text is an expression's value as text.
func (b *tab) text(expression string) string {
	b.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("String("+expression+")"))
	if err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
	return text
}

func (b *tab) want(expression, want string) {
	b.Helper()
	if got := b.text(expression); got != want {
		b.Errorf("%s is %q, want %q", expression, got, want)
	}
}

// wait waits until an expression holds.
func (b *tab) wait(expression string) {
	b.Helper()
	for range 400 {
		if b.text(expression) == "true" {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	b.Fatalf("%s does not come true", expression)
}

func (b *tab) number(expression string) float64 {
	b.Helper()
	x, err := chromedp.Run(b.ctx, chromedp.Evaluate[float64](expression))
	if err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
	return x
}

// click presses an element with the mouse.
func (b *tab) click(selector string) {
	b.Helper()
	b.do(chromedp.Click(chromedp.CSS(selector)))
}

// choose takes an entry of a list of the plot's controls.
func (b *tab) choose(control, value string) {
	b.Helper()
	b.text(fmt.Sprintf(`(s => { s.value = %q; s.dispatchEvent(new Event("change")); })(document.querySelector(".controls [name=%s]"))`, value, control))
}

// frontOf counts the points that no other beats, which has no more of one column and
// no less of another and differs in either, by comparing all with all.
func frontOf(s page.Scatter, less, more string) int {
	numbers := map[string][]float64{}
	for _, c := range s.Columns {
		numbers[c.Name] = c.Numbers
	}
	count := 0
	x, y := numbers[less], numbers[more]
	for i := range x {
		beaten := math.IsNaN(y[i])
		for j := range x {
			beaten = beaten || x[j] <= x[i] && y[j] >= y[i] && (x[j] < x[i] || y[j] > y[i])
		}
		if !beaten {
			count++
		}
	}
	return count
}

const plain = `document.querySelector(".plot")`

// What only a reader's browser can tell of a plot of points.
func TestScatterInBrowser(t *testing.T) {
	b := open(t, demo(300))
	b.want(`document.querySelectorAll(".figures > div").length`, "2")
	b.want(`document.querySelector(".plot .name.x").textContent`, "energy")
	b.want(`document.querySelectorAll(".points tbody tr").length`, "100")
	b.text(plain + `.scrollIntoView({block: "center"})`)

	t.Run("front", func(t *testing.T) {
		want := fmt.Sprintf("Pareto front of %d: small energy, large accuracy", frontOf(sweep(300), "energy", "accuracy"))
		b.want(`document.querySelector(".key[data-part=key]").lastChild.textContent`, want)
	})
	t.Run("hover", func(t *testing.T) {
		x := b.number(`(r => r.x + r.width / 2)(document.querySelectorAll(".plot .member")[3].getBoundingClientRect())`)
		y := b.number(`(r => r.y + r.height / 2)(document.querySelectorAll(".plot .member")[3].getBoundingClientRect())`)
		b.want(`document.querySelector(".tip").hidden`, "true")
		b.do(chromedp.MouseEvent("mouseMoved", x, y))
		b.wait(`!document.querySelector(".tip").hidden`)
		tip := b.text(`document.querySelector(".tip").textContent`)
		for _, want := range []string{"adc.bits", "mapping.replicate", "accuracy", " nJ", " µs", " %"} {
			if !strings.Contains(tip, want) {
				t.Errorf("the tooltip says %q, want it to hold %q", tip, want)
			}
		}
	})
	t.Run("axes", func(t *testing.T) {
		b.choose("x", "latency")
		b.want(`document.querySelector(".plot .name.x").textContent`, "latency")
		b.wait(`[...document.querySelectorAll(".plot text")].some(t => t.textContent.endsWith(" µs"))`)
		before := b.text(`document.querySelector(".plot .member").getAttribute("cx")`)
		b.click(".controls [name=logX]")
		if after := b.text(`document.querySelector(".plot .member").getAttribute("cx")`); after == before {
			t.Errorf("a point stays at %s where the axis changes between linear and logarithmic", after)
		}
		b.choose("colour", "adc.law")
		b.want(`document.querySelectorAll(".key[data-part=key] .swatch").length`, "4")
		b.choose("y", "figure 1") // of which nobody said what is better
		b.want(`document.querySelectorAll(".plot .member").length`, "0")
		b.choose("y", "accuracy")
	})
	t.Run("brush", func(t *testing.T) {
		left, top := b.number(plain+`.getBoundingClientRect().left`), b.number(plain+`.getBoundingClientRect().top`)
		width, height := b.number(plain+`.clientWidth`), b.number(plain+`.clientHeight`)
		b.do(chromedp.DragAndDropXY(left+80, top+30, left+width/2, top+height-60))
		b.wait(`!document.querySelector("[name=clear]").disabled`)
		count := b.text(`document.querySelector("[data-part=count]").textContent`)
		if !strings.Contains(count, " of 300 points") || strings.HasSuffix(count, "of 300 of 300 points") {
			t.Errorf("the table shows %q, want some of 300 points", count)
		}
		b.click("[name=clear]")
		b.want(`document.querySelector("[data-part=count]").textContent`, "1 to 100 of 300 points")
	})
	t.Run("table", func(t *testing.T) {
		b.click("[name=next]")
		b.want(`document.querySelector("[data-part=count]").textContent`, "101 to 200 of 300 points")
		energies := `[...document.querySelectorAll(".points tbody tr")].map(r => r.cells[6].textContent)`
		b.text(`document.querySelectorAll(".points th button")[6].click()`)
		b.want(`document.querySelectorAll(".points th")[6].getAttribute("aria-sort")`, "ascending")
		b.want(`document.querySelector("[data-part=count]").textContent`, "1 to 100 of 300 points")
		b.want(energies+`.map(parseFloat).slice(0, 50).every((v, i, all) => i === 0 || all[i - 1] <= v)`, "true")
		b.click("[name=front]")
		b.want(`[...document.querySelectorAll(".points .mark")].every(m => m.textContent === "◆")`, "true")
		b.click("[name=front]")
	})
	t.Run("keyboard", func(t *testing.T) {
		b.do(chromedp.MouseEvent("mouseMoved", 5, 5))
		b.do(chromedp.Focus(chromedp.CSS(".plot")))
		b.text(plain + `.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight"}))`)
		b.want(`document.querySelector(".tip").hidden`, "false")
		if said := b.text(`document.querySelector("[data-part=said]").textContent`); !strings.Contains(said, "accuracy ") {
			t.Errorf("the keyboard's point is told as %q, want its figures", said)
		}
		b.text(plain + `.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape"}))`)
		b.want(`document.querySelector(".tip").hidden`, "true")
	})
}

// Headings sort by the number that a cell stands for, and what is last stays last.
func TestTablesInBrowser(t *testing.T) {
	b := open(t, demo(10))
	column := `[...document.querySelectorAll("table.data")].find(t => t.rows[0].cells[0].textContent === "component")`
	energies := `[...` + column + `.rows].slice(1).map(r => r.cells[1].textContent)`
	b.want(energies, "1.2 nJ,700 pJ,0.1 nJ,2 nJ")
	press := column + `.querySelectorAll("th button")[1].click()`
	b.text(press)
	b.want(energies, "0.1 nJ,700 pJ,1.2 nJ,2 nJ")
	b.text(press)
	b.want(energies, "1.2 nJ,700 pJ,0.1 nJ,2 nJ")
	b.want(column+`.querySelectorAll("th")[1].getAttribute("aria-sort")`, "descending")
	b.text(press)
	b.want(column+`.querySelectorAll("th")[1].getAttribute("aria-sort")`, "none")

	// Nothing stands last either way, and a bound counts as its number.
	chances := `[...` + column + `.rows].slice(1, 4).map(r => r.cells[3].textContent)`
	press = column + `.querySelectorAll("th button")[3].click()`
	b.want(chances, "0.5,,< 0.0001")
	b.text(press)
	b.want(chances, "< 0.0001,0.5,")
	b.text(press)
	b.want(chances, "0.5,< 0.0001,")
}

func TestThemesInBrowser(t *testing.T) {
	b := open(t, demo(50))
	background := `getComputedStyle(document.body).backgroundColor`
	const light, dark = "rgb(245, 246, 248)", "rgb(19, 22, 27)"
	b.want(background, light)
	b.click("#theme")
	b.want(background, dark)
	b.click("#theme")
	b.want(background, light)

	b.text(`delete document.documentElement.dataset.theme`)
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, media); err != nil {
		t.Fatal(err)
	}
	b.want(background, dark)
	// Where everything prints, light and open.
	b.text(`dispatchEvent(new Event("beforeprint"))`)
	b.want(`document.querySelectorAll("details:not([open])").length`, "0")
	b.want(background, light)
	b.text(`dispatchEvent(new Event("afterprint"))`)
	b.want(background, dark)
}

// A page of 10,000 points is small and opens at once.
func TestLargePageInBrowser(t *testing.T) {
	p := demo(10_000)
	if n := len(write(t, p)); n > 3<<20 {
		t.Errorf("the page has %d bytes, want at most 3 MiB", n)
	} else {
		t.Logf("%d bytes", n)
	}
	b := open(t, p)
	b.wait(`document.querySelector(".scatter").dataset.drawn !== undefined`)
	drawn := b.number(`Number(document.querySelector(".scatter").dataset.drawn)`)
	loaded := b.number(`performance.getEntriesByType("navigation")[0].loadEventEnd`)
	t.Logf("loaded after %.0f ms, drawn after %.0f ms", loaded, drawn)
	if most := max(drawn, loaded); most > 2000 {
		t.Errorf("the page opens within %.0f ms, want at most 2000", most)
	}
}

// What a user's file holds is text and nothing else.
func TestEscapesInBrowser(t *testing.T) {
	b := open(t, hostile())
	b.want(`document.querySelector("h1").textContent`, attack)
	b.want(`document.querySelectorAll("img, iframe, a[href^=javascript]").length`, "0")
	b.want(`window.attacked`, "undefined")
	b.want(`document.querySelector(".controls [name=x]").value`, attack)
}
