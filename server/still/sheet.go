package still

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"strings"
	"time"
)

// The sizes of stills: areas, for pictures may stand upright.
const (
	posterWidth, posterHeight = 640, 360
	tileWidth, tileHeight     = 160, 90
	// sideMost is the longest side, of the flattest picture.
	sideMost = 1280
)

// A sheet's form: a hundred kilobytes at most, so that a viewer who looks at one place loads little.
const (
	columns, rows = 5, 5
	tilesOnSheet  = columns * rows
	sheetQuality  = 60
	posterQuality = 75
)

// size is a still's, in pixels.
type size struct{ width, height int }

// fit returns the size of a still of a picture: its form, and about so large an area. Sides are even.
func fit(width, height int, area size) size {
	if width <= 0 || height <= 0 {
		return area
	}
	scale := math.Sqrt(float64(area.width*area.height) / (float64(width) * float64(height)))
	scale = min(scale, float64(sideMost)/float64(max(width, height)))
	even := func(side int) int { return max(2, 2*int(math.Round(float64(side)*scale/2))) }
	return size{even(width), even(height)}
}

// tile is a still's place in time.
type tile struct {
	at time.Duration
}

// sheet puts tiles of one size into one picture, row by row.
func sheet(tiles []*image.YCbCr, s size) ([]byte, error) {
	down := (len(tiles) + columns - 1) / columns
	whole := image.NewYCbCr(image.Rect(0, 0, min(columns, len(tiles))*s.width, down*s.height), image.YCbCrSubsampleRatio420)
	for i := range whole.Cb {
		whole.Cb[i], whole.Cr[i] = 128, 128 // black, where no tile is
	}
	for n, t := range tiles {
		if t != nil {
			place(whole, t, n%columns*s.width, n/columns*s.height)
		}
	}
	return encode(whole, sheetQuality)
}

// place copies a picture into a larger one. Places and sizes are even.
func place(to, from *image.YCbCr, x, y int) {
	for row := range from.Rect.Dy() {
		copy(to.Y[(y+row)*to.YStride+x:], from.Y[row*from.YStride:row*from.YStride+from.Rect.Dx()])
	}
	for row := range from.Rect.Dy() / 2 {
		at, has := (y/2+row)*to.CStride+x/2, row*from.CStride
		copy(to.Cb[at:], from.Cb[has:has+from.Rect.Dx()/2])
		copy(to.Cr[at:], from.Cr[has:has+from.Rect.Dx()/2])
	}
}

func encode(p image.Image, quality int) ([]byte, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("write a picture: %w", err)
	}
	return b.Bytes(), nil
}

// smaller shrinks a poster to a tile: the mean of what each of its points covers.
func smaller(p *image.YCbCr, s size) *image.YCbCr {
	small := image.NewYCbCr(image.Rect(0, 0, s.width, s.height), image.YCbCrSubsampleRatio420)
	shrink(small.Y, s.width, s.height, p.Y, p.YStride, p.Rect.Dx(), p.Rect.Dy())
	shrink(small.Cb, s.width/2, s.height/2, p.Cb, p.CStride, p.Rect.Dx()/2, p.Rect.Dy()/2)
	shrink(small.Cr, s.width/2, s.height/2, p.Cr, p.CStride, p.Rect.Dx()/2, p.Rect.Dy()/2)
	return small
}

func shrink(to []byte, width, height int, from []byte, stride, wide, high int) {
	for y := range height {
		top, bottom := y*high/height, max((y+1)*high/height, y*high/height+1)
		for x := range width {
			left, right := x*wide/width, max((x+1)*wide/width, x*wide/width+1)
			sum := 0
			for row := top; row < bottom; row++ {
				for _, v := range from[row*stride+left : row*stride+right] {
					sum += int(v)
				}
			}
			to[y*width+x] = byte(sum / ((bottom - top) * (right - left)))
		}
	}
}

// track writes the storyboard: which tile is for when. name gives a sheet's address, beside the track's own.
func track(tiles []tile, ends time.Duration, s size, first int, name func(sheet int) string) []byte {
	var b strings.Builder
	b.WriteString("WEBVTT\n")
	for i, t := range tiles {
		until := ends
		if i+1 < len(tiles) {
			until = tiles[i+1].at
		}
		if until <= t.at {
			continue
		}
		n := first + i
		fmt.Fprintf(&b, "\n%s --> %s\n%s#xywh=%d,%d,%d,%d\n", clock(t.at), clock(until), name(n/tilesOnSheet),
			n%columns*s.width, n%tilesOnSheet/columns*s.height, s.width, s.height)
	}
	return []byte(b.String())
}

// clock writes a time as WebVTT does.
func clock(d time.Duration) string {
	ms := max(0, d.Milliseconds())
	return fmt.Sprintf("%02d:%02d:%02d.%03d", ms/3_600_000, ms/60_000%60, ms/1000%60, ms%1000)
}
