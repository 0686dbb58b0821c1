// What ThreadSanitizer is told in every program that is built with it. It does not see inside the
// libraries we link, so it does not know what orders their own memory; copying, allocating and
// freeing is all it sees of them, and takes that for races. It is to look away there. Locks are
// seen wherever they are taken. Programs of the group end while their threads are at work
// (common/ipc/program_service.cpp), so nobody joins them.

extern "C" {

const char* __tsan_default_options();

const char* __tsan_default_options() {
    return "ignore_noninstrumented_modules=1:report_thread_leaks=0";
}

}  // extern "C"
