package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"shoal/server/record"
)

// wish is what is to be clipped: the last seconds of what is live, or a range of a recording as it is played.
type wish struct {
	LastS     float64 // 0: of a recording
	AgoS      float64 // how long before now they ended
	Recording uint64
	FromS     float64
	ToS       float64
	Title     string
}

// wishForm is a wish as it is written; nil is what was not.
type wishForm struct {
	LastS     *float64 `json:"last_s"`
	AgoS      *float64 `json:"ago_s"`
	Recording *uint64  `json:"recording"`
	FromS     *float64 `json:"from_s"`
	ToS       *float64 `json:"to_s"`
	Title     *string  `json:"title"`
}

// readWish reads the wish in a request, or returns what is wrong with it by itself.
func readWish(r *http.Request, body io.Reader) (wish, *problem) {
	var form wishForm
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&form)
	if err == nil && decoder.More() {
		return wish{}, errClipForm
	}
	if err != nil {
		return wish{}, cmp.Or(tooLarge(r, "What is to be clipped", err), wrongField(err), errClipForm)
	}
	if wrong := form.wrong(); wrong != nil {
		return wish{}, wrong
	}
	return wish{given(form.LastS), given(form.AgoS), given(form.Recording), given(form.FromS), given(form.ToS), given(form.Title)}, nil
}

// given returns what was written, or the zero value.
func given[T any](v *T) (value T) {
	if v != nil {
		value = *v
	}
	return value
}

// wrongField names the field of a wish that cannot be read, if err is of one; or returns nil.
func wrongField(err error) *problem {
	const unknown = "json: unknown field "
	var kind *json.UnmarshalTypeError
	switch {
	case strings.HasPrefix(err.Error(), unknown): // of which there is no type
		return clipProblem(`There is no field "%s" here.`, clip(strings.Trim(strings.TrimPrefix(err.Error(), unknown), `"`)))
	case !errors.As(err, &kind) || kind.Field == "":
		return nil
	case kind.Field == "title":
		return clipProblem(`"title" has to be a text.`)
	case kind.Field == "recording":
		return clipProblem(`"recording" has to be a whole number, without quotes, as in the recording's link.`)
	}
	return clipProblem(`"%s" has to be a number of seconds, without quotes.`, kind.Field)
}

// clipProblem says what is wrong with a wish's form, and what one looks like.
func clipProblem(says string, args ...any) *problem {
	return &problem{errClipForm.Status, errClipForm.Code, fmt.Sprintf(says, args...) + " " + errClipForm.Says}
}

// wrong returns what is wrong with a wish, or nil: it is for nothing, for two things, or for too much.
func (k wishForm) wrong() *problem {
	ranged := k.Recording != nil || k.FromS != nil || k.ToS != nil
	var wrong *problem
	switch {
	case k.AgoS != nil && k.LastS == nil:
		return clipProblem(`"ago_s" is of what is live, with "last_s".`)
	case k.LastS == nil && !ranged:
		return errClipForm
	case k.LastS != nil && ranged:
		return clipProblem(`"last_s" is of what is live, "recording", "from_s" and "to_s" are of a recording: send the one or the others.`)
	case given(k.AgoS) < 0 || given(k.AgoS) > record.LastsMax.Seconds():
		return clipProblem(`"ago_s" is %.4g: it is how many seconds before now the clip ends.`, *k.AgoS)
	case k.LastS != nil:
		wrong = wrongLength(`"last_s"`, 1, *k.LastS)
	case k.Recording == nil:
		return clipProblem(`"recording" is missing: "from_s" and "to_s" are within one.`)
	case *k.Recording == 0:
		return clipProblem(`"recording" is 0: recordings are numbered from 1.`)
	case k.ToS == nil:
		return clipProblem(`"to_s" is missing: it is where the clip ends, in seconds of the recording.`)
	case given(k.FromS) < 0 || *k.ToS <= given(k.FromS) || *k.ToS > record.LastsMax.Seconds()*2:
		return errClipRange
	default:
		wrong = wrongLength(`From "from_s" to "to_s"`, 0, *k.ToS-given(k.FromS)) // a shorter one is cut where segments begin and end
	}
	return cmp.Or(wrong, tooLong("The title", given(k.Title), record.TitleMax))
}

// wrongLength returns what is wrong with a clip of s seconds, least at least, which what names; or nil.
func wrongLength(what string, least, s float64) *problem {
	if s >= least && s <= record.ClipMax.Seconds() {
		return nil
	}
	return &problem{errClipLength.Status, errClipLength.Code, fmt.Sprintf("%s is %.4g s. %s", what, s, errClipLength.Says)}
}
