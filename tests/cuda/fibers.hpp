// Threads of execution that hand over to each other: a few instructions where the processor is known, since the
// system's own way (ucontext.h) asks the kernel about signals each time.
#pragma once
#pragma GCC system_header  // warnings are about kernels
#include <cstddef>
#if defined(__x86_64__) && !defined(TWIN_PORTABLE)
#define TWIN_SWITCHES_BY_HAND 1
#else
#include <ucontext.h>
#endif

namespace twin {

constexpr size_t STACK = 1 << 16;

#if TWIN_SWITCHES_BY_HAND
using Context = void*;  // the stack pointer; everything else lies on the stack
extern "C" void twin_switch(Context* from, Context to) __attribute__((visibility("hidden")));
asm(R"(
    .text
    .globl twin_switch
    .hidden twin_switch
    .type twin_switch, @function
twin_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size twin_switch, . - twin_switch
)");
inline void hand_over(Context& from, Context& to) { twin_switch(&from, to); }
inline void prepare(Context& context, char* stack, void (*entry)()) {
    void** top = reinterpret_cast<void**>(stack + STACK);
    top[-2] = reinterpret_cast<void*>(entry);  // `ret` goes there, with the stack aligned as after a call
    for (int i = 3; i <= 8; i++) top[-i] = nullptr;
    context = top - 8;
}
#else
using Context = ucontext_t;
inline void hand_over(Context& from, Context& to) { swapcontext(&from, &to); }
inline void prepare(Context& context, char* stack, void (*entry)()) {
    getcontext(&context);
    context.uc_stack.ss_sp = stack;
    context.uc_stack.ss_size = STACK;
    context.uc_link = nullptr;
    makecontext(&context, entry, 0);
}
#endif

}  // namespace twin
