//! Client for Microsoft Defender: sign-in, transport, quota, retries; one module per service.
