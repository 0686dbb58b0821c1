#pragma once

namespace evd::access {

// The outcome of a condition (PSD-004 §3.8): UNKNOWN when it could not be determined.
enum class TriState { False, Unknown, True };

// The three tables of §3.8.
inline TriState notOf(TriState state) {
    if (state == TriState::Unknown) {
        return state;
    }
    return state == TriState::True ? TriState::False : TriState::True;
}

inline TriState andOf(TriState left, TriState right) {
    if (left == TriState::False || right == TriState::False) {
        return TriState::False;
    }
    return left == TriState::True && right == TriState::True ? TriState::True : TriState::Unknown;
}

inline TriState orOf(TriState left, TriState right) {
    return notOf(andOf(notOf(left), notOf(right)));
}

inline TriState stateOf(bool known) {
    return known ? TriState::True : TriState::False;
}

}  // namespace evd::access
