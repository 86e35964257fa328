package rules

import "math"

// rates are the peak and average segment bit rates (4.1) of the segments whose bytes were read in a row, and whether these are all.
func (v *view) rates(r *rend) (peak, average float64, all bool) {
	if len(r.loads) == 0 {
		return 0, 0, false
	}
	m := r.loads[len(r.loads)-1].m
	all = m.kind == "VOD" // of a live stream that has ended, what slid out counted, too
	var bits, lasts []float64
	sum, time := 0.0, 0.0
	for i := range m.segments {
		s := &m.segments[i]
		if s.gap || !s.done() {
			continue
		}
		a, asked := v.Media[resolve(r.URL, s.uri)]
		if !asked || !ok(a) {
			all = false
			peak = max(peak, widest(bits, lasts, m.target))
			bits, lasts = nil, nil
			continue
		}
		bits, lasts = append(bits, float64(len(a.Body))*8), append(lasts, s.duration)
		sum, time = sum+float64(len(a.Body))*8, time+s.duration
	}
	peak = max(peak, widest(bits, lasts, m.target))
	if time > 0 {
		average = sum / time
	}
	return peak, average, all && time > 0
}

// widest is the largest bit rate of any segments in a row that last between 0.5 target durations, and 1.5 and half a second.
func widest(bits, lasts []float64, target float64) (most float64) {
	for from := range bits {
		sum, time := 0.0, 0.0
		for to := from; to < len(bits); to++ {
			sum, time = sum+bits[to], time+lasts[to]
			if time > 1.5*target+0.5 {
				break
			}
			if time >= 0.5*target {
				most = max(most, sum/time)
			}
		}
	}
	return most
}

// combined adds a variant's own rates to the largest of the sounds that it may go with.
func (v *view) combined(one variant) (peak, average float64, all bool) {
	own, others := v.members(one)
	if own == nil {
		return 0, 0, false
	}
	peak, average, all = v.rates(own)
	soundPeak, soundAverage := 0.0, 0.0
	for _, r := range others {
		p, a, every := v.rates(r)
		soundPeak, soundAverage, all = max(soundPeak, p), max(soundAverage, a), all && every
	}
	return peak + soundPeak, average + soundAverage, all
}

func checkPeak(v *view, f *finding) {
	v.variants(func(one variant) {
		text, _ := one.get("BANDWIDTH")
		said, isNumber := whole(text)
		peak, _, all := v.combined(one)
		if !isNumber || peak == 0 {
			return
		}
		slack := 1.1 // Apple's tools allow a live stream a tenth
		if all {
			slack = 1.01
		}
		f.holds(peak <= float64(said)*slack, "%s: %d, and the peak is %.0f", one.uri, said, peak)
	})
}

func checkBandwidths(v *view, f *finding) {
	v.variants(func(one variant) {
		peak, average, all := v.combined(one)
		if !all {
			return
		}
		for _, c := range []struct {
			name     string
			measured float64
		}{{"BANDWIDTH", peak}, {"AVERAGE-BANDWIDTH", average}} {
			text, there := one.get(c.name)
			said, isNumber := whole(text)
			if there && isNumber && (c.name != "BANDWIDTH" || float64(said)*1.01 >= peak) { // what is too low breaks the rule above
				f.holds(math.Abs(float64(said)-c.measured) <= 0.01*c.measured+1, "%s: %s is %d, and measured %.0f", one.uri, c.name, said, c.measured)
			}
		}
	})
}
