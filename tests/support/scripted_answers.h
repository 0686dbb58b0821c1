#pragma once

#include <deque>

namespace evd::test {

// How a fake answers: as it was told for the next times, and then always the same.
template <typename Answer>
struct ScriptedAnswers {
    Answer nextAnswer() {
        if (answers.empty()) {
            return by_default;
        }
        const Answer answer = answers.front();
        answers.pop_front();
        return answer;
    }

    Answer by_default = Answer::Accept;
    std::deque<Answer> answers;
};

}  // namespace evd::test
