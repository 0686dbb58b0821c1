#pragma once

#include <cstdint>

namespace evd::kmes {

// The two halves of Spec §5.1's notification, on a shared (not private) futex: the word lies in
// pages that several processes map (Ruling K2).

// Sleeps while *word is `seen`, at most timeout_ns. Returns for any reason; the caller looks again.
void waitOnFutex(const uint32_t* word, uint32_t seen, int64_t timeout_ns);

// Wakes everyone who sleeps on the word.
void wakeFutex(const uint32_t* word);

}  // namespace evd::kmes
