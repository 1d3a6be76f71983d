// Package state is what outlives a run of a program that acts: who is acting now, what was
// done, and what was promised.
//
// There is one source of truth, the journal: an append-only list of records, each of which
// carries the hash of the one before. Before a call that changes anything its intent is
// written and synced to disk; after the call its outcome. So whatever the moment of a crash,
// the next run reads which call may have happened, looks at the world, and goes on. Marks,
// observations and what was last applied are records of the same journal, and [Ledger] is
// the picture that they add up to.
//
// Writing takes the lock. It is a lease with a term, because a machine may die with it, and
// with a token that grows with every holder: whoever was paused past the term finds a higher
// token and can write nothing. As every call that changes the world needs an intent first,
// and as the holder looks at the time left right before the call, a lost lease ends the run
// before its next call.
//
// A [Store] keeps journal and lock. The one here is a directory ([OpenDir]); the suite in
// statetest holds for every other.
package state
