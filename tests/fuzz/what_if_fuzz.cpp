// evd_fuzz_links: evd_queryd_evctl
// Any line gets an answer of one line.

#include "common/base/check.h"
#include "common/base/text.h"
#include "queryd/evctl/what_if/what_if_line.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string answer = evd::evctl::answerWhatIf(evd::base::asText({data, size}), 1);
    EVD_CHECK(answer.starts_with("{") && answer.ends_with("}"), "an answer is an object");
    EVD_CHECK(answer.find('\n') == std::string::npos, "of one line");
    return 0;
}
