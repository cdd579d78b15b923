// Package page writes reports as one HTML file that needs nothing else: styles and
// scripts are within, and the file asks no network for anything. Pages follow the
// reader's light or dark theme, print, and can be read without a mouse; every chart
// has its figures as text. What a page says is its owner's concern.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
)

//go:embed web
var web embed.FS

// Page is a document: figures, tables and charts under headings.
type Page struct {
	Title    string
	Subtitle string // "" for none
	Sections []Section
	Footer   string // "" for none
}

// Section is a part of a page. One without blocks is left out.
type Section struct {
	Title  string // in the page's list of contents; "" for a part without a heading
	Blocks []Block
}

// Block is one thing on a page: Figures, Facts, Table, Bars, Histograms, Lines,
// Scatter, Text, Code or List.
type Block interface {
	// content names the template that draws the block, and gives its data. The id
	// is the block's own on its page.
	content(id string) (template string, data any)
}

// Write writes the page. Equal pages give equal bytes.
func (p *Page) Write(w io.Writer) error {
	t, err := template.ParseFS(web, "web/*.html")
	if err != nil {
		return fmt.Errorf("reading the templates of pages: %w", err)
	}
	v := pageView{Page: p}
	plots := false
	for i, s := range p.Sections {
		if len(s.Blocks) == 0 {
			continue
		}
		section := sectionView{Section: s, ID: fmt.Sprintf("s%d", i+1)}
		for j, block := range s.Blocks {
			drawn, err := draw(t, block, fmt.Sprintf("%s-%d", section.ID, j+1))
			if err != nil {
				return fmt.Errorf("drawing %s: %w", s.Title, err)
			}
			section.Drawn = append(section.Drawn, drawn)
			_, isPlot := block.(Scatter)
			plots = plots || isPlot
		}
		v.Sections = append(v.Sections, section)
	}
	if err := v.include(plots); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "page.html", v); err != nil {
		return fmt.Errorf("writing page %s: %w", p.Title, err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// draw executes a block's template, which escapes what the block holds.
func draw(t *template.Template, block Block, id string) (template.HTML, error) {
	name, data := block.content(id)
	var b strings.Builder
	if err := t.ExecuteTemplate(&b, name, data); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil
}

// pageView is what the page's template shows.
type pageView struct {
	*Page
	Sections []sectionView
	Style    template.CSS
	Script   template.JS
	// StyleHash and ScriptHash let a browser run these two and nothing else.
	StyleHash, ScriptHash string
}

// Contents are the sections with headings, where there are several.
func (v pageView) Contents() []sectionView {
	var list []sectionView
	for _, s := range v.Sections {
		if s.Title != "" {
			list = append(list, s)
		}
	}
	if len(list) < 2 {
		return nil
	}
	return list
}

type sectionView struct {
	Section
	ID    string
	Drawn []template.HTML
}

// include puts the styles and scripts into the page, those of scatter plots only
// where there are any.
func (v *pageView) include(plots bool) error {
	style, err := join("page.css", "charts.css")
	if err != nil {
		return err
	}
	scripts := []string{"format.js", "theme.js", "tables.js"}
	if plots {
		scripts = append(scripts, "axis.js", "points.js", "colours.js", "listing.js", "scatter.js", "pointer.js")
	}
	script, err := join(append(scripts, "start.js")...)
	if err != nil {
		return err
	}
	v.Style, v.StyleHash = template.CSS(style), hash(style)
	v.Script, v.ScriptHash = template.JS(script), hash(script)
	return nil
}

func join(names ...string) (string, error) {
	var b strings.Builder
	b.WriteByte('\n')
	for _, name := range names {
		text, err := web.ReadFile("web/" + name)
		if err != nil {
			return "", err
		}
		b.Write(text)
	}
	return b.String(), nil
}

// hash is how a content security policy names a text.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
