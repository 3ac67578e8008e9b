package document

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/image/font/sfnt"
)

// Bounds of the search for a font, so that a strange folder cannot hold up a document.
const (
	fontFiles = 20_000 // looked at by name
	fontTries = 400    // opened
)

// finder looks for a font that has a character: first the one that the merchant named, then those of the system, sans
// serif and of normal weight first. It keeps the fonts open until close.
type finder struct {
	named   string
	folders []string
	trouble error // what is wrong with the named font

	candidates []string
	listed     bool
	opened     map[string]*pair // nil = of no use
	files      []*os.File
}

func newFinder(named string, folders []string) *finder {
	f := &finder{named: named, folders: folders, opened: map[string]*pair{}}
	if named == "" {
		return f
	}
	if p, err := f.open(named); err != nil {
		f.trouble = fmt.Errorf("the font %s of brand.font cannot be used: %w", named, err)
	} else {
		f.opened[named] = p
	}
	return f
}

func (f *finder) close() {
	for _, file := range f.files {
		_ = file.Close()
	}
}

// find gives the first font that has a character.
func (f *finder) find(r rune) (pair, bool) {
	if p := f.opened[f.named]; p != nil && p.regular.has(r) {
		return *p, true
	}
	f.list()
	for _, path := range f.candidates {
		p, known := f.opened[path]
		if !known {
			p, _ = f.open(path) // one that cannot be used is passed over, and not tried again
			f.opened[path] = p
		}
		if p != nil && p.regular.has(r) {
			return *p, true
		}
	}
	return pair{}, false
}

// list finds the font files of the system, best first.
func (f *finder) list() {
	if f.listed {
		return
	}
	f.listed = true
	seen := 0
	for _, folder := range f.folders {
		_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if seen++; seen > fontFiles {
				return fs.SkipAll
			}
			if err != nil || d.IsDir() {
				return nil //nolint:nilerr // a folder that cannot be read is passed over
			}
			if slices.Contains([]string{".ttf", ".otf", ".ttc", ".otc"}, strings.ToLower(filepath.Ext(path))) {
				f.candidates = append(f.candidates, path)
			}
			return nil
		})
	}
	slices.SortFunc(f.candidates, func(a, b string) int {
		if d := penalty(a) - penalty(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	f.candidates = slices.Compact(f.candidates)
	f.candidates = f.candidates[:min(len(f.candidates), fontTries)]
}

// penalty is how far the name of a font file is from a plain sans serif.
func penalty(path string) (n int) {
	name := strings.ToLower(filepath.Base(path))
	for _, p := range []struct {
		words []string
		n     int
	}{
		{[]string{"italic", "oblique", "-it."}, 40},
		{[]string{"bold", "black", "heavy", "light", "thin", "medium", "condensed", "narrow", "extra"}, 30},
		{[]string{"emoji", "symbol", "math", "icon", "awesome", "nerd"}, 20},
		{[]string{"mono", "code", "console", "typewriter"}, 10},
		{[]string{"serif", "mincho", "ming", "song", "roman", "times", "georgia"}, 5},
	} {
		if slices.ContainsFunc(p.words, func(w string) bool { return strings.Contains(name, w) }) {
			n += p.n
		}
	}
	if strings.Contains(name, "sansserif") || strings.Contains(name, "sans-serif") {
		n -= 5
	}
	if strings.HasPrefix(name, "noto") || strings.Contains(name, "gothic") || strings.Contains(name, "hiragino") || strings.HasPrefix(name, "meiryo") {
		n--
	}
	return n
}

// open opens a font file, with the bold one that stands beside it.
func (f *finder) open(path string) (*pair, error) {
	regular, err := f.face(path, false)
	if err != nil {
		return nil, err
	}
	p := &pair{regular: regular}
	for _, change := range [][2]string{{"-Regular", "-Bold"}, {"Regular", "Bold"}, {"-regular", "-bold"}} {
		dir, name := filepath.Split(path)
		bold := dir + strings.Replace(name, change[0], change[1], 1)
		if bold == path {
			continue
		}
		if face, err := f.face(bold, true); err == nil {
			p.bold = face
			break
		}
	}
	return p, nil
}

func (f *finder) face(path string, bold bool) (*face, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, reason(err)
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(errors.New("it is no file"), file.Close())
	}
	f.files = append(f.files, file)
	if !mayEmbed(file) {
		return nil, errors.New("its maker does not allow it in documents")
	}
	collection, err := sfnt.ParseCollectionReaderAt(file)
	if err != nil {
		return nil, errNoOutlines
	}
	font, err := collection.Font(0)
	if err != nil {
		return nil, errNoOutlines
	}
	return newFace(filepath.Base(path), font, bold)
}

// mayEmbed reads the licence bits of a font (OS/2, fsType): restricted ones, those that may not be cut down, and those
// that may only be embedded as bitmaps are left alone. A font that says nothing may be embedded.
func mayEmbed(file *os.File) bool {
	read := func(at int64, n int) []byte {
		b := make([]byte, n)
		if _, err := file.ReadAt(b, at); err != nil {
			return make([]byte, n)
		}
		return b
	}
	at := int64(0)
	if head := read(0, 16); string(head[:4]) == "ttcf" {
		at = int64(binary.BigEndian.Uint32(head[12:]))
	}
	tables := int64(binary.BigEndian.Uint16(read(at+4, 2)))
	for i := range min(tables, 64) {
		entry := read(at+12+16*i, 16)
		if string(entry[:4]) != "OS/2" {
			continue
		}
		bits := binary.BigEndian.Uint16(read(int64(binary.BigEndian.Uint32(entry[8:]))+8, 2))
		return bits&0xf != 2 && bits&0x300 == 0
	}
	return true
}

// systemFolders are where systems keep fonts.
func systemFolders() []string {
	home, _ := os.UserHomeDir()
	switch runtime.GOOS {
	case "windows":
		return []string{filepath.Join(os.Getenv("WINDIR"), "Fonts"), filepath.Join(os.Getenv("LOCALAPPDATA"), "Microsoft", "Windows", "Fonts")}
	case "darwin":
		return []string{filepath.Join(home, "Library", "Fonts"), "/Library/Fonts", "/System/Library/Fonts"}
	}
	return []string{
		filepath.Join(home, ".local", "share", "fonts"), filepath.Join(home, ".fonts"), "/usr/local/share/fonts", "/usr/share/fonts",
		"/run/current-system/sw/share/X11/fonts",
	}
}
