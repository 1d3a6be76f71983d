package history

// A sight is when something was seen, in seconds.
type sight struct {
	id          int64 // of its row; 0 when it is new
	first, last int64
	ended       int64 // when it was found to be gone; 0 while it is there
	changed     bool  // its row is to be written
}

// seen notes that it was there at a time, and reports whether it came back. Runs may be
// recorded in another order than they ran, so a time may lie before what is known.
func (s *sight) seen(at int64) (cameBack bool) {
	s.changed = true
	if s.first == 0 || at < s.first {
		s.first = at
	}
	s.last = max(s.last, at)
	if s.ended != 0 && s.ended <= at {
		s.ended = 0
		return true
	}
	return false
}

// missed notes that it was not there at a time, in a run that looked, and reports whether it
// ended by that.
func (s *sight) missed(at int64) (ended bool) {
	if at <= s.last || s.ended != 0 && s.ended <= at {
		return false
	}
	ended = s.ended == 0
	s.ended, s.changed = at, true
	return ended
}
