package document

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // what logos are made of
	"image/png"
	"io"
	"io/fs"
	"os"

	"golang.org/x/image/draw"
)

// What a logo may be. It is drawn two inches wide at most, where more pixels than logoWide show nothing more.
const (
	logoBytes  = 2 << 20
	logoPixels = 4000 // a side
	logoWide   = 900
)

// ReadLogo reads a logo for Brand.Logo and tells in a sentence what is wrong with it.
func ReadLogo(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the logo %s cannot be read: %w", path, reason(err))
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("the logo %s is a folder: name a PNG or JPEG file", path)
	}
	data, err := io.ReadAll(io.LimitReader(f, logoBytes+1))
	if err != nil {
		return nil, fmt.Errorf("the logo %s cannot be read: %w", path, reason(err))
	}
	if _, _, err := checkLogo(data); err != nil {
		return nil, fmt.Errorf("the logo %s: %w", path, err)
	}
	return data, nil
}

// reason is what the system said, without the operation and the path.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

func checkLogo(data []byte) (width, height int, err error) {
	if len(data) > logoBytes {
		return 0, 0, errors.New("it is larger than 2 MB: save a smaller one, 900 pixels wide are enough")
	}
	c, kind, err := image.DecodeConfig(bytes.NewReader(data))
	switch {
	case err != nil || kind != "png" && kind != "jpeg":
		return 0, 0, errors.New("it is no PNG or JPEG picture")
	case c.Width < 1 || c.Height < 1 || c.Width > logoPixels || c.Height > logoPixels:
		return 0, 0, fmt.Errorf("it has %d × %d pixels: at most %d × %[3]d are taken, and 900 across are enough", c.Width, c.Height, logoPixels)
	}
	return c.Width, c.Height, nil
}

// logo makes a plain PNG of a logo: every kind that the standard library reads becomes one that any PDF can carry, and
// what else was in the file stays behind.
func logo(data []byte) (picture []byte, width, height int, err error) {
	width, height, err = checkLogo(data)
	if err != nil {
		return nil, 0, 0, err
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, 0, 0, errors.New("the picture is damaged")
	}
	if width > logoWide {
		height = max(1, height*logoWide/width)
		width = logoWide
	}
	small := image.NewNRGBA(image.Rect(0, 0, width, height))
	draw.CatmullRom.Scale(small, small.Bounds(), img, img.Bounds(), draw.Src, nil)
	var out bytes.Buffer
	if err := png.Encode(&out, small); err != nil {
		return nil, 0, 0, err
	}
	return out.Bytes(), width, height, nil
}
