// WebRTC is not used here, and its binary would have to be fetched from elsewhere.
export const RTCPeerConnection = null, RTCSessionDescription = null, RTCIceCandidate = null
export default {}
