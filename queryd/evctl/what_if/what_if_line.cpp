#include "queryd/evctl/what_if/what_if_line.h"

#include "common/base/text.h"

#include <nlohmann/json.hpp>

namespace evd::evctl {

namespace {

constexpr int kNodeAllowed = 0;
constexpr int kNodeDenied = -13;  // -EACCES, as kacs_access_check_list reports it

nlohmann::ordered_json objectOf(const WhatIfAnswer& answer) {
    nlohmann::ordered_json object;
    if (!answer.refusal.empty()) {
        object["error"] = answer.refusal;
        return object;
    }
    object["granted"] = answer.granted;
    object["allowed"] = answer.allowed;
    for (const access::NodeVerdict& node : answer.nodes) {
        nlohmann::ordered_json entry;
        entry["granted"] = node.granted;
        entry["status"] = node.allowed ? kNodeAllowed : kNodeDenied;
        object["nodes"].push_back(std::move(entry));
    }
    return object;
}

}  // namespace

std::string answerWhatIf(std::string_view line, uint64_t line_number, const WhatIfJudge& judge) {
    const auto question = readWhatIf(line);
    nlohmann::ordered_json object;
    if (question.ok()) {
        object = objectOf(judge(question.value()));
    } else {
        object["error"] = question.error().text;
        object["line"] = line_number;
    }
    return object.dump(-1, ' ', /*ensure_ascii=*/false,
                       nlohmann::ordered_json::error_handler_t::replace);
}

void WhatIfSession::answer(std::string& answers) {
    ++line_;
    // An empty text is no JSON, and says so; a line that is too long is as unreadable.
    answers += too_long_ ? base::cat(R"({"error":"longer than )", kWhatIfLineBytesMax,
                                     R"( bytes","line":)", line_, '}')
                         : answerWhatIf(partial_, line_, judge_);
    answers += '\n';
    partial_.clear();
    too_long_ = false;
}

void WhatIfSession::add(std::string_view bytes, std::string& answers) {
    while (!bytes.empty()) {
        const size_t end = bytes.find('\n');
        const std::string_view piece = bytes.substr(0, end);
        too_long_ = too_long_ || partial_.size() + piece.size() > kWhatIfLineBytesMax;
        if (!too_long_) {
            partial_ += piece;
        }
        if (end == std::string_view::npos) {
            return;
        }
        answer(answers);
        bytes.remove_prefix(end + 1);
    }
}

void WhatIfSession::finish(std::string& answers) {
    if (too_long_ || !partial_.empty()) {
        answer(answers);
    }
}

}  // namespace evd::evctl
