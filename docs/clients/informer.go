// Follows the image streams of all namespaces with an informer of client-go.
//
// Usage: go run informer.go KUBECONFIG
package main

import (
	"fmt"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[1])
	if err != nil {
		panic(err)
	}
	streams := schema.GroupVersionResource{Group: "image.openshift.io", Version: "v1", Resource: "imagestreams"}
	factory := dynamicinformer.NewDynamicSharedInformerFactory(dynamic.NewForConfigOrDie(config), time.Minute)
	name := func(object interface{}) string {
		return object.(*unstructured.Unstructured).GetName()
	}
	factory.ForResource(streams).Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object interface{}) { fmt.Println("added", name(object)) },
		UpdateFunc: func(_, object interface{}) { fmt.Println("changed", name(object)) },
		DeleteFunc: func(object interface{}) {
			if stream, ok := object.(*unstructured.Unstructured); ok {
				fmt.Println("deleted", stream.GetName())
			}
		},
	})
	stop := make(chan struct{})
	factory.Start(stop)
	factory.WaitForCacheSync(stop)
	fmt.Println("synced")
	select {}
}
