// Philox4x32-10 (Salmon et al., SC 2011, table 2): the bits of philox/reference.py.
#pragma once

__device__ inline uint4 philox(unsigned entity, unsigned step, unsigned draw, unsigned stream, unsigned k0,
                               unsigned k1) {
    unsigned c0 = entity, c1 = step, c2 = draw, c3 = stream;
#pragma unroll
    for (int round = 0; round < 10; ++round) {
        const unsigned high0 = __umulhi(0xD2511F53u, c0), low0 = 0xD2511F53u * c0;
        const unsigned high1 = __umulhi(0xCD9E8D57u, c2), low1 = 0xCD9E8D57u * c2;
        c0 = high1 ^ c1 ^ k0;
        c1 = low1;
        c2 = high0 ^ c3 ^ k1;
        c3 = low0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return make_uint4(c0, c1, c2, c3);
}
